"""The test vectors through our readers, and the files against the script that makes them."""

from __future__ import annotations

import pytest

from tests.support.vectors import FOLDER, OK, READERS, load, names, outcome, read_vector, write_vector
from tests.vectors.generate import SCENARIOS, all_files
from wire.refusal import Refusal

ALL = tuple(names())


@pytest.mark.parametrize("name", ALL)
def test_our_reader_makes_of_a_vector_what_it_says(name: str) -> None:
    vector = load(name)
    assert outcome(vector) == (vector.expect, vector.where, vector.values)


@pytest.mark.parametrize("name", ALL)
def test_a_vector_file_reads_back_as_it_is(name: str) -> None:
    octets = (FOLDER / f"{name}.vector").read_bytes()
    assert write_vector(read_vector(octets)) == octets


def test_the_script_makes_the_files_that_are_there() -> None:
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.glob("*/*.vector")}
    assert all_files() == there


def test_every_format_has_accepted_and_refused_vectors() -> None:
    expected = {(load(name).format, load(name).expect == OK) for name in ALL}
    assert expected == {(name, ok) for name in READERS for ok in (True, False)}
    assert set(SCENARIOS) == set(READERS)


def test_every_kind_of_refusal_has_a_vector() -> None:
    assert {load(name).expect for name in ALL} == {kind.value for kind in Refusal} | {OK}


def test_most_vectors_are_failures_and_their_names_say_which() -> None:
    refused = [name for name in ALL if load(name).expect != OK]
    assert all(("/refused-" in name) == (name in refused) for name in ALL)
    assert 2 * len(refused) > len(ALL)


def test_each_refused_vector_differs_from_every_other() -> None:
    seen = [(v.format, v.body, v.given) for v in map(load, ALL)]
    assert len(set(seen)) == len(seen)
