"""One encrypted file with everything of a home but the secrets of epochs, and the way back from it."""
