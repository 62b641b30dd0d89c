"""The public site and the verifier, from signed files only."""
