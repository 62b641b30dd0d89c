"""What this machine is, looked at each time work begins: its network, swap, clock, disk, and how old the program is."""
