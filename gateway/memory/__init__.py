"""What the box remembers of senders: keyed hashes and random ids, in memory, over a crash, never in a file."""
