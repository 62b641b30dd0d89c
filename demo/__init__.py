"""What `make run` shows: virtual modems, a box and a workstation, each started by its own command."""
