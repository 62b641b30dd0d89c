"""The keys of a line and who may use them."""
