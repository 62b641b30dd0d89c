"""Commands that run until they are told to end."""

from __future__ import annotations

import sys

import click

from gateway.box import load_box
from gateway.cli.common import config_of, guarded
from gateway.service import Service, set_up_logging
from gateway.state import check_private


@click.command()
@click.pass_context
@guarded
def intake(ctx: click.Context) -> None:
    """Receive, seal and store tips; cut batches. Ends cleanly on SIGTERM.

    \b
    Example: tipline-gateway --config tipline.toml intake
    """
    from gateway.intake.main import intake as run_intake

    set_up_logging()
    run_intake(config_of(ctx))


@click.command()
@click.pass_context
@guarded
def forward(ctx: click.Context) -> None:
    """Carry finished batches to the destinations. Ends cleanly on SIGTERM.

    \b
    Example: tipline-gateway --config tipline.toml forward
    """
    from gateway.forward.main import run as run_forwarder

    set_up_logging()
    sys.exit(run_forwarder(config_of(ctx), Service()))


@click.command()
@click.pass_context
@guarded
def run(ctx: click.Context) -> None:
    """Run intake and forwarder as two processes and keep intake's memory over a crash of it.

    \b
    Example: tipline-gateway --config tipline.toml run
    """
    from gateway.keeper import run as keep

    config = config_of(ctx)
    check_private(config.state_dir)
    load_box(config.state_dir)
    set_up_logging()
    sys.exit(keep(ctx.obj))
