"""A made-up city: ledgers and bulletins as boxes and an authority would sign them, with throw-away keys."""
