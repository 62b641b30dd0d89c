"""``make run``: see tips arrive, be sealed, batched, forwarded and opened.

On real modems where some answer, otherwise on three virtual ones that keep receiving varied tips.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

from demo.panes import Panes
from demo.processes import MODEMS, CommandFailed, Stage, real_ports

_HEADING = (
    "Tipline. Left: SMS tips reach the modems of a box, are sealed in memory, and leave as batches of equal size.\n"
    "Right: the police open the batches with keys that never were on the box.   Ctrl-C ends it."
)
_LOOK = 1.0
_IMPORT_EVERY = 4


class Demonstration:
    """One run of the demonstration: what happened is told in two panes."""

    def __init__(self, stage: Stage, panes: Panes) -> None:
        self._stage = stage
        self._panes = panes
        self._seen_messages: dict[tuple[int, int], bool] = {}
        self._seen_batches: set[str] = set()
        self._seen_tips: dict[str, str] = {}
        self.opened = 0

    def set_up(self) -> None:
        """Make box, workstation, keys and trust, as two groups of people would."""
        stage, panes = self._stage, self._panes
        stage.write_config()
        panes.box("init: the box makes its identity", "bold")
        stage.gateway("init")
        stage.gateway("identity", "--output", str(stage.folder / "box.identity"))
        panes.desk("init: the police make a year of weekly keys", "bold")
        stage.workstation("init")
        stage.workstation("keysheet", "--output", str(stage.folder / "police.keysheet"))
        panes.box("enroll: the box takes the public keys (a person compares the fingerprint)", "bold")
        stage.gateway("enroll", "police", str(stage.folder / "police.keysheet"), "--yes")
        stage.gateway("prepare", str(stage.stick))
        panes.desk("trust: the police take the box's public key", "bold")
        stage.workstation("trust", str(stage.folder / "box.identity"), "--yes")

    def start(self) -> None:
        """Start modems and box."""
        stage = self._stage
        if stage.virtual:
            link = str(stage.folder / "modem{n}")
            words = ("--link", link, "--count", str(MODEMS), "--control", str(stage.control))
            self._follow(stage.start("tipline-modem", *words, "--tips", "--interval", "4"), lambda line: None)
        self._follow(stage.start("tipline-gateway", "--config", str(stage.config), "run"), self._log)

    def _follow(self, output: IO[str], say: Callable[[str], None]) -> None:
        def read() -> None:
            for line in output:
                say(line.rstrip())

        threading.Thread(target=read, daemon=True).start()

    def _log(self, line: str) -> None:
        if line:
            self._panes.box(line.replace(str(self._stage.folder), "."), "dim")

    def look(self) -> None:
        """Tell what is new at the modems and on the stick."""
        for modem in range(MODEMS if self._stage.virtual else 0):
            for message in self._stage.network_record(modem):
                self._message(modem, message)
        for path in sorted(self._stage.stick.glob("*.batch")):
            if path.name not in self._seen_batches:
                self._seen_batches.add(path.name)
                size = path.stat().st_size
                self._panes.box(
                    f"batch {len(self._seen_batches)} is on the stick: {size} octets, like every other",
                    "cyan",
                )

    def _message(self, modem: int, message: dict[str, Any]) -> None:
        number = (modem, int(message["id"]))
        if number not in self._seen_messages:
            octets = len(message["tpdu"]) // 2
            self._panes.box(f"modem{modem}: an SMS comes in from the carrier ({octets} octets)")
        if message["settled"] and not self._seen_messages.get(number):
            self._panes.box(f"modem{modem}: sealed, on disk, and only then deleted from the SIM", "green")
        self._seen_messages[number] = bool(message["settled"])

    def open(self) -> None:
        """Carry the stick to the police: import, and show the tips that are new or have become whole."""
        found = json.loads(self._stage.workstation("import", str(self._stage.stick), "--json"))
        if found["imported"]:
            batches = "1 batch" if found["imported"] == 1 else f"{found['imported']} batches"
            self._panes.desk(f"import: {batches}, signatures and chain verified", "cyan")
        for line in self._stage.workstation("tips", "--json").splitlines():
            tip = json.loads(line)
            if self._seen_tips.get(tip["tip"]) != line:
                self._seen_tips[tip["tip"]] = line
                self._tip(tip)

    def _tip(self, tip: dict[str, Any]) -> None:
        self.opened += 1
        parts = f", {tip['parts']} parts" if tip["parts"] > 1 else ""
        missing = f", part {tip['parts_missing']} still missing" if tip["parts_missing"] else ""
        text = tip["text"] if tip["text"] is not None else f"(data) {tip['data']}"
        self._panes.desk(f"tip {tip['tip'][:8]} ({tip['received']}{parts}{missing})", "green")
        self._panes.desk("  " + "".join(c if c.isprintable() else " " for c in text))


def _run(stage: Stage, panes: Panes, seconds: float | None) -> int:
    """Return how many tips were opened by the time Ctrl-C, SIGTERM or ``seconds`` ended it."""
    demonstration = Demonstration(stage, panes)
    demonstration.set_up()
    demonstration.start()
    began, turn = time.monotonic(), 0
    while seconds is None or time.monotonic() - began < seconds:
        time.sleep(_LOOK)
        code = stage.ended()
        if code is not None:
            raise CommandFailed(f"a process ended by itself with exit code {code}")
        demonstration.look()
        turn += 1
        if turn % _IMPORT_EVERY == 0:
            demonstration.open()
    demonstration.open()
    return demonstration.opened


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", type=float, help="End after so many seconds; without it, Ctrl-C ends it.")
@click.option(
    "--period", type=click.IntRange(1, 3600), default=5, show_default=True, help="Seconds between batches."
)
@click.option("--virtual", is_flag=True, help="Use virtual modems even where real ones answer.")
def main(seconds: float | None, period: int, virtual: bool) -> None:
    """Run modems, box and workstation, and show the way of a tip.

    \b
    Examples:
      make run
      make run ARGS="--seconds 30"
    """
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="tipline-demo-"))
    ports = [] if virtual else real_ports()
    stage = Stage(
        folder, period, ports or [str(folder / f"modem{n}") for n in range(MODEMS)], virtual=not ports
    )
    opened, failure = 0, None
    try:
        with Panes(_HEADING) as panes:
            opened = _run(stage, panes, seconds)
    except KeyboardInterrupt:
        pass
    except CommandFailed as error:
        failure = error
    finally:
        stage.stop()
    if failure is not None:
        click.echo(str(failure), err=True)
    click.echo(f"Everything is stopped. The folder of this run is {folder}")
    command = " ".join(stage.workstation_command())
    click.echo(f"  read the tips again:  .venv/bin/{command} tips")
    click.echo(f"  in the browser:       .venv/bin/{command} screen")
    click.echo(f"  remove it:            rm -r {folder}")
    sys.exit(1 if failure is not None or (seconds is not None and not opened) else 0)


if __name__ == "__main__":
    main()
