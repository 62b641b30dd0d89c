"""Files in: found, read as far as they say themselves how long they are, and verified."""
