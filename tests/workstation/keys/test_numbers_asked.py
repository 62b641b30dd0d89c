"""Where a number is asked for, what was typed instead is not repeated: it may be the words of a share."""

from __future__ import annotations

import click
from click.testing import CliRunner

from workstation.keys.desk import ask_number


@click.command
def asking() -> None:
    """Ask, and say what came."""
    click.echo(f"got {ask_number('Which word?', default=1, least=1, most=33)}")


def test_words_typed_where_a_number_is_asked_for_are_not_repeated() -> None:
    done = CliRunner().invoke(asking, input="duke type academic\n0\n34\n5\n", color=False)
    errors = [line for line in done.output.splitlines() if line.startswith("Error")]
    assert errors == ["Error: a number from 1 to 33 is asked for"] * 3
    assert done.output.endswith("got 5\n")


def test_enter_alone_takes_the_number_that_is_offered() -> None:
    assert CliRunner().invoke(asking, input="\n").output.endswith("got 1\n")


def test_where_only_one_number_will_do_it_says_which() -> None:
    @click.command
    def asking_for_two() -> None:
        ask_number("How many?", default=2, least=2, most=2)

    assert "only 2 will do" in CliRunner().invoke(asking_for_two, input="3\n\n").output
