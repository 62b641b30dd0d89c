"""The plan names every slip once, the earliest period first, and keeps the parts of a message together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workstation.messages.plan import Entry, Plan, Ref

ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.builds(
            Entry,
            slot=st.integers(0, 65535),
            received=st.integers(0, 3),
            message=st.none() | st.sampled_from([bytes([n]) * 16 for n in range(4)]),
        ),
    ),
    unique_by=lambda one: (one[0], one[1].slot),
)


@given(ENTRIES)
def test_every_slip_is_opened_once_in_the_period_where_its_message_begins(entries) -> None:  # type: ignore[no-untyped-def]  # from the strategy
    plan = Plan()
    for place, entry in entries:
        plan.add(place, entry)
    steps = list(plan.steps())
    refs = [ref for step in steps for message in step.messages for ref in message]
    assert sorted(refs) == sorted(Ref(place, entry.slot) for place, entry in entries)
    assert [step.received for step in steps] == sorted(step.received for step in steps)
    where = {Ref(place, entry.slot): (place, entry) for place, entry in entries}
    for step in steps:
        for message in step.messages:
            parts = [where[ref][1] for ref in message]
            assert step.received == min(part.received for part in parts)
            assert len({part.message for part in parts}) == 1
            if parts[0].message is not None:
                assert len(parts) == sum(entry.message == parts[0].message for _, entry in entries)
