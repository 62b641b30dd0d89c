"""The modem driver: one ``Modem`` per port, all on one event loop."""
