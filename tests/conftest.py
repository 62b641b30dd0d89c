"""What all tests share: no example has a time limit of its own, since the machine may be busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
