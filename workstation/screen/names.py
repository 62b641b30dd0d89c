"""Words for what the program says in codes: flags of a tip, actions of the log. Marked for the catalogues."""

from __future__ import annotations


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


FLAGS = {
    "after-loss": (
        _("after a power cut"),
        _("The box had just lost its memory: what belongs together is a guess."),
    ),
    "possible-repeat": (
        _("perhaps a repeat"),
        _("The same content as an earlier tip; perhaps delivered twice."),
    ),
    "possible-rest": (_("perhaps a rest"), _("May be the missing parts of another tip.")),
    "similar": (_("like another"), _("Much like an earlier tip.")),
    "conflicting-part": (
        _("a part twice"),
        _("A part came twice with different content; the later stands behind."),
    ),
    "unparsed": (_("unread by the box"), _("The box could not read the message; its data is kept.")),
    "multimedia": (
        _("picture notice"),
        _("A notice of a picture message; its body names the sender and was dropped."),
    ),
    "network": (_("from the network"), _("Sent by the carrier; long numbers are masked.")),
    "alphanumeric": (_("sender was a word"), _("The sender's address was a word, not a number.")),
    "no-sender": (_("no sender"), _("The sender's address was empty.")),
    "class-0": (_("flash message"), _("Shown at once and not kept by phones.")),
    "message-waiting": (_("mailbox notice"), _("A notice of a waiting message.")),
    "silent": (_("silent message"), _("Phones show nothing of it.")),
    "ports": (_("to a program"), _("Addressed to a program on the phone.")),
    "gap": (_("part missing"), _("A part of the message is not here.")),
    "data": (_("data"), _("Not text; shown as octets.")),
    "compressed": (_("compressed"), _("Compressed text is not read here; its octets are shown.")),
    "unknown-table": (_("unknown alphabet"), _("A language table that is not in the standard.")),
    "unknown-character": (_("unknown character"), _("A code without a character.")),
    "lone-surrogate": (_("half a character"), _("Half of a character; shown as a question mark.")),
    "odd-length": (_("odd length"), _("The last octet of the text is half a character and not shown.")),
    "bad-header": (_("bad header"), _("The header of the message contradicts itself.")),
    "truncated": (_("cut short"), _("Shorter than the message says.")),
}
"""Name and explanation of each flag of a tip, and of each kind of offer."""

OFFERS = {
    "possible-repeat": _("The same content, one of them after a power cut: perhaps delivered twice."),
    "possible-rest": _("Perhaps the missing parts of this message."),
    "similar": _("Much the same words."),
}

ACTIONS = {
    "import": _("Batches imported"),
    "completed": _("Parts came"),
    "status": _("Status"),
    "category": _("Category"),
    "district": _("District"),
    "priority": _("Priority"),
    "assign": _("Assigned"),
    "note": _("Note"),
    "link": _("Linked"),
    "unlink": _("Link taken away"),
    "merge": _("Merged"),
    "different": _("Said to be another matter"),
    "hold": _("Held back from destruction"),
    "unhold": _("Let go"),
    "undo": _("Undone"),
    "filter": _("Filter saved"),
    "filter-removed": _("Filter removed"),
    "setting": _("Setting"),
    "districts": _("List of districts"),
    "destroy": _("Destroyed"),
    "bulletin": _("Bulletin made"),
    "print": _("Printed"),
}
"""What the log calls an action; one that is not here is shown by its code."""

DETAILS = {
    "batches": _("batches:"),
    "tips": _("new tips:"),
    "completed": _("completed:"),
    "name": _("name:"),
    "value": _("now:"),
    "parts": _("parts:"),
    "blocks": _("blacked out:"),
    "month": _("month:"),
}
