"""The command ``tipline-modem``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import selectors
import signal
from dataclasses import dataclass
from pathlib import Path

import click

from hw.virtual.client import Client, ControlError
from hw.virtual.control import Control
from hw.virtual.fleet import Fleet
from hw.virtual.port import LinkError
from hw.virtual.script import Script, ScriptError, read_script, vendor_script, vendors
from hw.virtual.settings import OPTIONS, OptionError, Settings, choices
from hw.virtual.tips import keep_sending

EXIT_USAGE, EXIT_LINK, EXIT_CONTROL = 2, 3, 4

EPILOG = """\b
Examples:
  tipline-modem --link /tmp/modem0 --control /tmp/modem.sock
  tipline-modem --link /tmp/modem{n} --count 16 --load 1000
  tipline-modem --link /tmp/modem0 --vendor huawei --set pin=1234 --tips --interval 3
  tipline-modem --link /tmp/modem0 --script tests/modems/full-sim.modem
  tipline-modem --control /tmp/modem.sock --send +5216561234567 "Vi algo ayer"
  tipline-modem --control /tmp/modem.sock --op '{"op": "record"}'

\b
Exit codes: 0 ended by SIGTERM or SIGINT, or the request was done; 2 wrong use or script;
3 the link or socket could not be made; 4 the running modem refused the request or is not there.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one process is to serve."""

    modems: list[tuple[Path, Script]]
    control: Path | None
    seed: int | None
    tips: bool
    interval: float
    load: int


@click.command(
    epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option(
    "--link",
    "links",
    multiple=True,
    help="Link to make to the modem's port. Repeatable; {n} is the modem's number.",
)
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Modems to make of a --link with {n}.",
)
@click.option(
    "--control", type=click.Path(path_type=Path), help="Unix socket to control all modems of this process by."
)
@click.option("--vendor", help="Personality; see --vendors.")
@click.option(
    "--script", type=click.Path(path_type=Path, dir_okay=False), help="Scripted modem, a text file."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Behaviour to change; see --options. Repeatable.",
)
@click.option("--seed", type=int, help="Make everything repeatable.")
@click.option("--tips", is_flag=True, help="Keep receiving varied tips.")
@click.option("--interval", default=5.0, show_default=True, help="Seconds between tips, about.")
@click.option("--load", default=0, help="Messages to offer each modem as fast as it takes them.")
@click.option(
    "--send", nargs=2, metavar="FROM TEXT", help="Let FROM text the first modem of a running process."
)
@click.option("--op", metavar="JSON", help="Send one control request to a running process, print the reply.")
@click.option("--options", "list_options", is_flag=True, help="List the behaviours and end.")
@click.option("--vendors", "list_vendors", is_flag=True, help="List the personalities and end.")
def main(  # noqa: PLR0917  # click calls it by keyword
    links: tuple[str, ...],
    count: int,
    control: Path | None,
    vendor: str | None,
    script: Path | None,
    settings: tuple[str, ...],
    seed: int | None,
    tips: bool,
    interval: float,
    load: int,
    send: tuple[str, str] | None,
    op: str | None,
    list_options: bool,
    list_vendors: bool,
) -> None:
    """A virtual GSM modem: each --link becomes a serial port with a modem, a SIM and a network behind it."""
    if list_options or list_vendors:
        click.echo(_options_text() if list_options else "\n".join(vendors()))
        return
    if not links:
        _ask(control, send, op)
        return
    try:
        base = _script(vendor, script, settings)
    except (ScriptError, OptionError) as error:
        raise click.UsageError(str(error)) from error
    modems = [(Path(link), _numbered(base, number)) for number, link in enumerate(_links(links, count))]
    plan = Plan(modems, control, seed, tips, interval, load)
    # SelectSelector: its time-outs are not rounded up to milliseconds, which a paced line would feel.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        try:
            runner.run(_serve(plan))
        except (LinkError, OSError) as error:
            click.echo(f"tipline-modem: {error}", err=True)
            raise SystemExit(EXIT_LINK) from error


async def _serve(plan: Plan) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    fleet = Fleet(plan.modems, seed=plan.seed)
    control = Control(fleet)
    server = await control.serve(plan.control) if plan.control else None
    feeds: list[asyncio.Task[None]] = []
    try:
        fleet.plug_all()
        feeds = _feed(fleet, plan)
        await ended.wait()
    finally:
        for feed in feeds:
            feed.cancel()
        fleet.unplug_all()
        if server is not None and plan.control is not None:
            await control.close(server)
            plan.control.unlink(missing_ok=True)


def _feed(fleet: Fleet, plan: Plan) -> list[asyncio.Task[None]]:
    feeds: list[asyncio.Task[None]] = []
    if plan.load:
        feeds += [asyncio.ensure_future(fleet.load_when_asked(port, plan.load)) for port in fleet.ports]
    if plan.tips:
        feeds += [asyncio.ensure_future(keep_sending(fleet, port, plan.interval)) for port in fleet.ports]
    return feeds


def _links(links: tuple[str, ...], count: int) -> list[str]:
    made = [
        link.replace("{n}", str(number)) for link in links for number in range(count if "{n}" in link else 1)
    ]
    if len(set(made)) != len(made):
        raise click.UsageError("two modems would have the same link")
    if count > 1 and not any("{n}" in link for link in links):
        raise click.UsageError("--count wants a --link with {n}")
    return made


def _script(vendor: str | None, path: Path | None, settings: tuple[str, ...]) -> Script:
    """Return personality, script and --set laid over each other. Raises ScriptError or OptionError."""
    script = vendor_script(vendor) if vendor else Script()
    if path is not None:
        script = read_script(path, script)
    for item in settings:
        name, equals, value = item.partition("=")
        if not equals:
            raise OptionError(f"--set wants NAME=VALUE, not {item!r}")
        script.settings.set(name, value)
    return script


def _numbered(base: Script, number: int) -> Script:
    """Return a script of its own for modem ``number``: other numbers, cards and serials, from the first's."""
    script = base.copy()
    for name in ("number", "iccid", "imsi", "imei"):
        value = getattr(script.settings, name)
        digits = value.lstrip("+")
        counted = str((int(digits or "0") + number) % 10 ** len(digits)).zfill(len(digits)) if digits else ""
        setattr(script.settings, name, value[: len(value) - len(digits)] + counted)
    return script


def _ask(control: Path | None, send: tuple[str, str] | None, op: str | None) -> None:
    if control is None or (send is None and op is None):
        raise click.UsageError(
            "give --link to make a modem, or --control with --send or --op to speak to one"
        )
    request = {"op": "deliver", "from": send[0], "text": send[1]} if send else {}
    try:
        if op is not None:
            request = json.loads(op)
        with Client(control, wait=0) as client:
            click.echo(json.dumps(client.request(**request)))
    except (OSError, ControlError) as error:
        click.echo(f"tipline-modem: {error}", err=True)
        raise SystemExit(EXIT_CONTROL) from error
    except (json.JSONDecodeError, TypeError) as error:
        raise click.UsageError(f"--op: {error}") from error


def _options_text() -> str:
    defaults = Settings()
    lines = []
    for name in OPTIONS:
        words = f"  ({' | '.join(choices(name))})" if choices(name) else ""
        lines.append(f"{name} = {getattr(defaults, name)!r}{words}")
    return "\n".join(lines)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
