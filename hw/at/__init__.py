"""The AT dialogue without I/O: octets in, events out. 3GPP TS 27.005, TS 27.007, ITU-T V.250."""
