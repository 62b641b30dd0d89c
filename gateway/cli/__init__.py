"""``tipline-gateway``: the operator's commands. docs/operating.md."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli import act, look, serve, set_up

EXITS = """\b
Exit codes: 0 well; 1 something needs you; 2 wrong use; 3 configuration;
4 signature, fingerprint or key sheet refused; 5 not there, or not yet;
6 folder or database unusable; 7 already running."""


class _Group(click.Group):
    """Commands in the order in which they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXITS)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("/etc/tipline/tipline.toml"),
    show_default=True,
    help="The configuration file.",
)
@click.pass_context
def main(ctx: click.Context, config_path: Path) -> None:
    """The box: receive tips from modems, seal them, hand them on in signed batches.

    \b
    Examples:
      tipline-gateway --config /etc/tipline/tipline.toml init
      tipline-gateway enroll police police.keysheet
      tipline-gateway status
    """
    ctx.obj = config_path


for _command in (
    set_up.init,
    set_up.identity,
    set_up.enroll,
    set_up.prepare,
    serve.intake,
    serve.forward,
    serve.run,
    look.status,
    look.check,
    look.ledger,
    act.resend,
    look.ports,
    act.canary,
    act.prove,
    act.accept_clock,
    act.restored,
):
    main.add_command(_command)
