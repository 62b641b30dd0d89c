"""What all tests share, so that they say the same wherever they are started."""

from __future__ import annotations

import signal

from hypothesis import settings

# No example has a time limit of its own: the machine may be busy.
settings.register_profile("any machine", deadline=None)
# The build machine tries the same examples each time (--hypothesis-profile=repeatable); all others look for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("any machine")

# What a shell starts in the background ignores Ctrl-C, and would hand that on to every program under test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
