"""Charts as SVG, drawn without a network and without a browser. What they show is chosen in ``portal.pages``."""
