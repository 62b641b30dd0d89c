"""The case book: tips, what was done about them, and by whom. Encrypted; the only place where a text is on a disk."""
