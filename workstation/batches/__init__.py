"""Sealed batches: verifying, keeping, opening."""
