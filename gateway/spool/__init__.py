"""The spool: sealed slips, finished batches and the box's count, in SQLite. Nothing in it can be opened here."""
