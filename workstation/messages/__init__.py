"""Messages from opened slips: joined, decoded, in order."""
