"""``make site``: a made-up city, its public site, and how to look at it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from portal.cli import cli
from portal.generator.city import City, make_city
from portal.generator.plan import Plan

_MARK = "made-up-city"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--tips", type=click.IntRange(1, 10_000_000), default=60_000, help="60,000.")
@click.option("--months", type=click.IntRange(6, 240), default=60, help="Of ledgers; 60.")
@click.option("--seed", type=int, default=2010, help="Another number makes another city.")
@click.option("--honest", is_flag=True, help="Nothing goes wrong in it.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("build/site"), help="Where; build/site."
)
def main(tips: int, months: int, seed: int, honest: bool, folder: Path) -> None:
    """Make ledgers and bulletins of a city that does not exist, and build its public site from them.

    In one month 3 % of the tips were never opened though the bulletin's totals say otherwise, and out of another
    month's ledger seven tips were struck afterwards: `tipline-portal verify` finds both.

    \b
    Examples:
      make site
      make site ARGS="--tips 1000000"
    """
    plan = replace(Plan(), seed=seed, tips=tips)
    plan = plan if months == plan.months else plan.smaller(tips, months)
    plan = replace(plan, unopened_month=None, struck_month=None) if honest else plan
    city = _made(plan, _emptied(folder) / "city")
    public = folder / "public"
    words = [
        "--ledgers",
        city.ledgers,
        "--bulletins",
        city.bulletins,
        "--site",
        city.site,
        "--output",
        public,
    ]
    code = _run([str(word) for word in words])
    click.echo(f"look at it:  tipline-portal preview --output {public}")
    click.echo(f"check it:    tipline-portal verify --ledgers {city.ledgers} --bulletins {city.bulletins} \\")
    click.echo(f"               --headers {city.headers} --audit {city.audits} --earlier {city.earlier} \\")
    click.echo(f"               --site {public} --language en")
    sys.exit(0 if code in (0, 4) and not (code and honest) else code)


def _emptied(folder: Path) -> Path:
    """Return the folder, without the city and site of an earlier run; nothing else that lies there is touched."""
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise click.UsageError(f"{folder}: not empty, and not made by this command")
    for name in ("city", "public"):
        shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return folder


def _made(plan: Plan, folder: Path) -> City:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"a city with {plan.tips:,} tips", total=plan.months * len(plan.lines))
        return make_city(plan, folder, step=lambda: bar.advance(task))


def _run(words: list[str]) -> int:
    """Return the exit code of ``tipline-portal build``."""
    try:
        cli.main(["build", *words], prog_name="tipline-portal", standalone_mode=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    main()
