"""Helpers: results in the order of the jobs, failures without content, no process left."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from workstation.batches.forks import pool


@pytest.mark.parametrize("helpers", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_results_come_in_the_order_of_the_jobs(helpers: int, size: int) -> None:
    jobs = [bytes((number,)) + bytes(size) for number in range(20)]
    with pool(lambda job: job[::-1], helpers) as run:
        assert list(run(jobs)) == [job[::-1] for job in jobs]
        assert list(run(jobs[:1])) == [jobs[0][::-1]]
        assert list(run([])) == []


def test_work_runs_in_other_processes_and_they_are_gone_afterwards() -> None:
    with pool(lambda _: str(os.getpid()).encode(), 2) as run:
        pids = {int(result) for result in run([b""] * 4)}
    assert len(pids) == 2 and os.getpid() not in pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_failure_is_reported_without_what_it_was_about(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(job: bytes) -> bytes:
        raise ValueError(job)

    with pytest.raises(ChildProcessError), pool(fail, 2) as run:
        list(run([b"a secret text"] * 5))
    assert "secret" not in "".join(capfd.readouterr())


def test_a_pool_that_is_left_in_the_middle_ends_its_helpers() -> None:
    def jobs() -> Iterator[bytes]:
        while True:
            yield bytes(500_000)

    with pool(lambda job: job, 2) as run:
        assert len(next(run(jobs()))) == 500_000


def test_jobs_are_asked_for_only_as_they_are_needed() -> None:
    asked = []

    def jobs() -> Iterator[bytes]:
        for number in range(10):
            asked.append(number)
            yield bytes((number,))

    with pool(lambda job: job, 2) as run:
        results = run(jobs())
        next(results)
        assert len(asked) <= 3
