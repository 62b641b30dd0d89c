"""The secrets of epochs: where they lie, when they may go, and what is signed about it."""
