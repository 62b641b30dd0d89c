"""Intake: the one process that touches plaintext, for milliseconds, in memory. It has no network."""
