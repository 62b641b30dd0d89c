"""``preview``: the site on loopback, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.common import FOLDER


@click.command
@click.option("--output", type=FOLDER, required=True, metavar="DIR", help="The site.")
@click.option("--port", type=click.IntRange(0, 65535), default=8086, help="8086; 0 for any free one.")
def preview(*, output: Path, port: int) -> None:
    """Serve the site to a browser on this machine, until Ctrl-C.

    \b
    Example:
      tipline-portal preview --output public
    """
    from portal.serving import serve

    serve(output, port, say=lambda address: click.echo(f"{address}  (Ctrl-C ends it)"))
