"""``python -m bench [NAMES] [--json] [--quick | --full]``."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from bench import book, floors, idle, latency, public, receiving, wire_speed, workstation
from bench.figures import Figure, table
from bench.machine import folder_on_disk, machine
from bench.processes import Failed
from bench.scale import FULL, QUICK, USUAL
from bench.site import Bench

MEASURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "floors": floors.measure,
    "direct": receiving.direct,
    "stored": receiving.stored,
    "wire": wire_speed.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "workstation": workstation.measure,
    "book": book.measure,
    "site": public.measure,
}


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(MEASURES)))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quick", is_flag=True, help="A few messages of each: does it work at all?")
@click.option(
    "--full", is_flag=True, help="A million slips for the workstation, a million tips in its case book."
)
@click.option(
    "--shelf",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the filled case book in this folder, and take it from there if it is there.",
)
def main(names: tuple[str, ...], as_json: bool, quick: bool, full: bool, shelf: Path | None) -> None:
    """Measure speed and memory of the real parts, beside floors measured in the same run.

    NAMES choose some of: floors direct stored wire latency idle workstation book site. All take about six minutes.

    \b
    Examples:
      make bench
      make bench ARGS="direct stored"
      make bench ARGS="--quick --json"
    """
    signal.signal(signal.SIGTERM, _interrupt)
    scale = QUICK if quick else FULL if full else USUAL
    progress = Console(stderr=True)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="tipline-bench-", dir=folder_on_disk()) as name:
        about = machine(Path(name))
        try:
            bench = Bench.make(Path(name), scale, shelf=shelf)
            for measure in names or MEASURES:
                with progress.status(f"measuring: {measure}"):
                    figures += MEASURES[measure](bench)
        except (Failed, TimeoutError) as error:
            click.echo(f"bench: {error}", err=True)
            sys.exit(1)
    if as_json:
        click.echo(
            json.dumps({"machine": about, "figures": [figure.as_json() for figure in figures]}, indent=1)
        )
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
        console.print(", ".join(f"{key} {value}" for key, value in about.items()), style="dim")
        console.print(table(figures))
        console.print(
            "of floor: 1 is all that the machine allows; of target: 1 is there, more is better", style="dim"
        )


if __name__ == "__main__":
    main()
