"""The hardware: AT dialogue, modem driver, finding ports, modem profiles, virtual modem."""
