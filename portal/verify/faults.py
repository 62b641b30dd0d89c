"""What is not as it has to be, of releases, pages and earlier copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it has to be: a text of the verifier, and what stands in it."""

    name: str
    values: Mapping[str, object]

    @property
    def refused(self) -> bool:
        """Whether a file could not be taken; otherwise the past was changed."""
        return self.name == "release.unreadable"

    @property
    def missing(self) -> bool:
        """Whether something is not here, so that it could not be checked."""
        return self.name in ("release.page-missing", "release.pages-unchecked")

    @property
    def past(self) -> bool:
        """Whether something is another one than was published."""
        return not self.refused and not self.missing

    @property
    def earlier(self) -> bool:
        """Whether it is about a copy that was downloaded earlier, not about a release."""
        return self.name.startswith("earlier.")
