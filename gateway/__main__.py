"""``python -m gateway``: the command ``tipline-gateway``."""

from gateway.cli import main

main()
