"""``verify``: everything that an outsider can check."""

from __future__ import annotations

import json
from pathlib import Path

import click

from portal.cli.common import FOLDER, folders, inputs
from portal.console import progress


@click.command
@inputs
@click.option("--headers", type=FOLDER, metavar="DIR", help="Batch headers that an auditor kept.")
@click.option(
    "--audit",
    "audits",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="FILE",
    help="An audit file, or a folder of them. May be repeated.",
)
@click.option(
    "--site",
    "sites",
    multiple=True,
    type=FOLDER,
    metavar="DIR",
    help="A downloaded site, or a release of it.",
)
@click.option(
    "--earlier",
    multiple=True,
    type=FOLDER,
    metavar="DIR",
    help="Ledgers and bulletins that were downloaded earlier. May be repeated.",
)
@click.option("--certificates", type=FOLDER, metavar="DIR", help="Certificates of destruction.")
@click.option("--language", type=click.Choice(["es", "en"]), default="es", help="Of the report; es.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there as well."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def verify(
    *,
    ledgers: Path,
    bulletins: Path,
    identities: Path | None,
    headers: Path | None,
    audits: tuple[Path, ...],
    sites: tuple[Path, ...],
    earlier: tuple[Path, ...],
    certificates: Path | None,
    language: str,
    report: Path | None,
    as_json: bool,
) -> None:
    """Check everything that can be checked from outside, on one's own machine, and say what was found.

    \b
    Exit codes: 0 all holds, 3 files were refused, 4 something of the past was changed or struck
    out, 5 totals and proofs do not agree, 6 something is missing. The first of 4, 5, 3, 6 counts.

    \b
    Example:
      tipline-portal verify --ledgers ledgers --bulletins bulletins --language en
    """
    from portal.files import write_file
    from portal.verify.report import Report
    from portal.verify.report import as_json as to_json
    from portal.verify.run import Question
    from portal.verify.run import verify as run

    question = Question(
        folders=folders(ledgers, bulletins, identities),
        headers=headers,
        audits=audits,
        sites=sites,
        earlier=earlier,
        certificates=certificates,
    )
    with progress() as step:
        found = run(question, step=step)
    text = json.dumps(to_json(found), indent=1) if as_json else "\n".join(Report(found, language).lines())
    if report is not None:
        write_file(report, f"{text}\n".encode())
    click.echo(text)
    raise SystemExit(found.exit_code)
