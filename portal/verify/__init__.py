"""The verifier: for whoever does not want to believe, on their own machine, with files they downloaded."""
