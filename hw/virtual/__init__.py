"""A GSM modem on a pseudo-terminal, with the network behind it. Never part of a running box."""
