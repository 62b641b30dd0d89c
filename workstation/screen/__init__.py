"""The screen: the case book as pages in a browser of this machine, served on loopback only."""
