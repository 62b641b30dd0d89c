"""The airgapped side: keys, opening, joining, reading. Never a network client, never a serial port."""
