"""Helpers: they answer each who asks, and one that dies is an error and no silence."""

from __future__ import annotations

import errno

import pytest

from tests.support.portal_apart import apart, asked, asked_of_a_full_disk


def test_a_helper_answers_each_of_those_who_ask_however_long_the_question() -> None:
    questions = [b"", b"roma", bytes(range(256)) * 4096]  # longer than a pipe holds
    assert apart(asked, questions) == [
        (question[::-1] + b" not here", at) for question in questions for at in (0, 1)
    ]


def test_a_helper_that_dies_is_an_error_for_who_asks() -> None:
    with pytest.raises(ChildProcessError, match="ended before its work was done"):
        apart(asked, [b"roma"], last=b"die")


def test_what_the_system_refused_a_helper_is_told_as_it_was_and_the_helper_goes_on() -> None:
    error, answered = apart(asked_of_a_full_disk)
    assert (error.errno, error.strerror) == (errno.ENOSPC, "No space left on device")
    assert error.filename == "/somewhere"
    assert answered == b"amor"
