"""The formats that cross a border: pure, no input or output, no clock, nothing of ours imported."""
