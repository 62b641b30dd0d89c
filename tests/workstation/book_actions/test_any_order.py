"""Whatever is done in whatever order: the log verifies, history and row agree, the counts are right, undo is exact."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from disclosure.vocabulary import categories, statuses
from tests.support.book_actions import ANA, DAY, NOW, START, TWO, add_tips, new_book
from workstation.book.actions import (
    Changes,
    add_note,
    change,
    change_setting,
    hold,
    link,
    links,
    master,
    merge,
    newest,
    set_status,
    settle_offer,
    undo,
    undo_newest,
    unhold,
    unlink,
)
from workstation.book.actions_status import is_closed, possible
from workstation.book.checking import verify_log
from workstation.book.deeds import CHANGEABLE, state_of
from workstation.book.faults import NotAllowed
from workstation.book.figures import figures
from workstation.book.history import as_of, timeline
from workstation.book.retention import destroy_due, due
from workstation.book.tallies import count_new
from workstation.problems import SecondPersonNeeded

TIPS = 6
_tip = st.integers(1, TIPS)
_some = st.lists(_tip, min_size=1, max_size=4)
_codes = st.sampled_from(sorted(statuses()))
_step = st.integers(-2 * DAY, 9 * DAY)


class Desk(RuleBasedStateMachine):
    """An analyst who does anything at any time, with a clock that goes wrong."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.book = new_book(Path(self.folder.name))
        self.connection = self.book.connection
        add_tips(self.book, TIPS)
        self.connection.execute(
            "INSERT INTO offers VALUES (1, 2, 1, 'similar', NULL), (2, 4, 3, 'similar', NULL)"
        )
        change_setting(self.book, ANA, "retention_days", "30", now=NOW)
        self.now = NOW
        self.heads: list[bytes] = []

    def teardown(self) -> None:
        if hasattr(self, "book"):
            self.book.close()
            self.folder.cleanup()

    def _try(self, action: Any, *arguments: Any, actor: Any = TWO, **named: Any) -> bool:
        """Return whether it was allowed; what was not has changed nothing."""
        before = self._all()
        try:
            action(self.book, actor, *arguments, now=self.now, **named)
        except (NotAllowed, SecondPersonNeeded) as refused:
            assert (
                refused.way_out
                or "destroyed" in str(refused)
                or "undo" in str(refused)
                or "itself" in str(refused)
            )
            assert self._all() == before
            return False
        return True

    def _all(self) -> list[Any]:
        tables = ("tips", "history", "log", "notes", "links", "offers", "tallies")
        return [self.connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    @rule(step=_step)
    def time_goes_on_or_back(self, step: int) -> None:
        self.now = max(START, self.now + step)

    @rule(tips=_some, code=_codes, alone=st.booleans())
    def set_a_status(self, tips: list[int], code: str, alone: bool) -> None:
        before = {tip: self._state(tip).status for tip in tips}
        if self._try(set_status, tips, code, reason="because", actor=ANA if alone else TWO):
            for tip, was in before.items():
                assert code == was or code in possible(was)
                assert self._state(tip).status == code

    @rule(
        tips=_some,
        code=st.sampled_from([*categories(), ""]),
        priority=st.integers(0, 3),
        unit=st.sampled_from(["", "U", "V"]),
    )
    def label(self, tips: list[int], code: str, priority: int, unit: str) -> None:
        self._try(change, tips, Changes(category=code, priority=priority, unit=unit), actor=ANA)

    @rule(tips=_some, into=_tip)
    def merge_some(self, tips: list[int], into: int) -> None:
        self._try(merge, tips, into)

    @rule(tips=_some, other=_tip, cut=st.booleans())
    def link_some(self, tips: list[int], other: int, cut: bool) -> None:
        self._try(unlink if cut else link, tips, other)

    @rule(tips=_some)
    def write_a_note(self, tips: list[int]) -> None:
        self._try(add_note, tips, "words")

    @rule(offer=st.integers(1, 2), same=st.booleans())
    def settle(self, offer: int, same: bool) -> None:
        if self.connection.execute("SELECT 1 FROM offers WHERE id = ?", (offer,)).fetchone():
            self._try(settle_offer, offer, same=same)

    @rule(tips=_some, back=st.booleans())
    def hold_some(self, tips: list[int], back: bool) -> None:
        self._try(unhold if back else hold, tips)

    @rule(tip=_tip)
    def undo_one(self, tip: int) -> None:
        had = newest(self.book, tip)
        if self._try(undo_newest, [tip]):
            assert had is not None
            assert newest(self.book, tip) != had

    @rule(tips=_some, code=st.sampled_from(["valid", "not_actionable.prank", "reopened"]))
    def what_is_done_and_undone_is_as_it_was(self, tips: list[int], code: str) -> None:
        before = {tip: self._values(tip) for tip in tips}
        if self._try(set_status, tips, code, reason="x"):
            (last,) = self.connection.execute("SELECT max(id) FROM log").fetchone()
            assert self._try(undo, last)
            assert {tip: self._values(tip) for tip in tips} == before

    @rule(row=st.integers(1, 60))
    def undo_an_action(self, row: int) -> None:
        (last,) = self.connection.execute("SELECT max(id) FROM log").fetchone()
        self._try(undo, min(row, last))

    @rule()
    def destroy_what_is_due(self) -> None:
        found = due(self.book, now=self.now)
        spared = self.connection.execute("SELECT id FROM tips WHERE held AND destroyed IS NULL").fetchall()
        ended = destroy_due(self.book, TWO, now=self.now)
        assert (ended.tips if ended else 0) == found.tips
        assert due(self.book, now=self.now).tips == 0
        assert all(self._state(tip).destroyed is None for (tip,) in spared)

    @rule()
    def look_at_the_figures(self) -> None:
        assert figures(self.book, now=self.now).tips == TIPS

    def _state(self, tip: int) -> Any:
        return state_of(self.connection, tip)

    def _values(self, tip: int) -> Any:
        state = self._state(tip)
        return [getattr(state, name) for name in CHANGEABLE], links(self.book, tip)

    @invariant()
    def the_log_verifies_and_every_head_it_had_is_in_it(self) -> None:
        if hasattr(self, "book"):
            for head in self.heads[-1:]:
                verify_log(self.book, head=head)
            self.heads.append(verify_log(self.book).head)

    @invariant()
    def each_tip_is_as_its_status_says(self) -> None:
        for tip in range(1, TIPS + 1) if hasattr(self, "book") else ():
            state = self._state(tip)
            assert (state.closed is not None) == is_closed(state.status)
            assert state.destroyed is not None or (state.status == "merged") == (
                state.merged_into is not None
            )
            assert state.first_action is None or state.last_action is not None
            assert as_of(self.connection, tip, 2**40)["status"] == state.status
            assert master(self.connection, tip) > 0
            shown = timeline(self.book, tip)
            assert [event.at for event in shown[1:]] == sorted(event.at for event in shown[1:])

    @invariant()
    def the_counts_are_right(self) -> None:
        if not hasattr(self, "book"):
            return
        query = "SELECT kind, at, word, number FROM tallies WHERE number != 0 ORDER BY 1, 2, 3"
        figures(self.book, now=self.now)
        kept = self.connection.execute(query).fetchall()
        self.connection.execute("SAVEPOINT recount")
        self.connection.execute("DELETE FROM tallies WHERE kind != 'counted'")
        self.connection.execute("UPDATE tallies SET number = 0")
        count_new(self.connection)
        again = self.connection.execute(query).fetchall()
        self.connection.execute("ROLLBACK TO recount")
        self.connection.execute("RELEASE recount")
        assert kept == again


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=25, stateful_step_count=25, suppress_health_check=list(HealthCheck))
