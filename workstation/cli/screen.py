"""The command that shows the case book in a browser of this machine: screen."""

from __future__ import annotations

import time
from contextlib import closing

import click

from workstation.cli.common import Place
from workstation.home import check_home, open_home

IDLE_MINUTES = 10
"""Long enough to read a long thread, short enough for a desk that was left."""
MOST_IDLE_MINUTES = 120


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Where to listen on 127.0.0.1; 0 for any.",
)
@click.option("--no-browser", is_flag=True, help="Print the link only.")
@click.option(
    "--idle",
    type=click.IntRange(1, MOST_IDLE_MINUTES),
    default=IDLE_MINUTES,
    show_default=True,
    metavar="MINUTES",
    help="Lock when nobody was there for so long.",
)
@click.pass_obj
def screen(place: Place, port: int, no_browser: bool, idle: int) -> None:
    """Show the case book in the browser: inbox, import, figures, bulletin. Reachable from this machine only.

    The link that is printed works once; on a terminal, Enter prints another. Without --passphrase-file the browser
    asks for the passphrases. Ctrl-C ends it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12 (also: the port is taken), 13, 18.
    Example:
      tipline-workstation --home ~/tipline screen --idle 15
    """
    from workstation.cli.machine import look
    from workstation.screen.care import look_over
    from workstation.screen.desk import Desk
    from workstation.screen.server import Server, offer_link, watching

    check_home(place.path)
    desk, machine = Desk(idle * 60.0), None
    credentials = place.given()
    if credentials:
        home = open_home(place.path, credentials)
        machine = look_over(home, now=int(time.time()))
        desk.unlock(lambda: home)
    else:
        look(place.path)
    with closing(Server(place.path, desk, port=port)) as server, watching(desk):
        server.parts.machine = machine
        offer_link(server, click.echo, browser=not no_browser)
        server.run()
