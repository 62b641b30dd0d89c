"""Fields of the journal by which its lines can be asked for: ``journalctl TIPLINE_LINE=police``."""

MODEM_FIELD = "TIPLINE_MODEM"
LINE_FIELD = "TIPLINE_LINE"
DESTINATION_FIELD = "TIPLINE_DESTINATION"
