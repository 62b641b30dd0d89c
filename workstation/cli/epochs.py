"""The commands about epochs, boxes that are retired, and certificates."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workstation.amounts import amount
from workstation.cli.common import Place, confirm

if TYPE_CHECKING:
    from wire.endings import EpochsEnded
    from workstation.epochs.review import Review
    from workstation.home import Home

_MEDIUM = click.option(
    "--medium",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the new key onto this medium; then break the old one.",
)


@click.group(invoke_without_command=True)
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def epochs(context: click.Context, json_wanted: bool) -> None:
    """Show each epoch: its time, what became of its secret, and what still keeps it.

    A destruction that was cut short is brought to its end first.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12 (the medium of the key is not there), 17.
    Example:
      tipline-workstation --home ~/tipline epochs
    """
    if context.invoked_subcommand is not None:
        return
    from workstation.epochs.destruction import settle
    from workstation.epochs.review import review

    home = context.obj.open()
    settle(home)
    found = review(home, now=_now())
    if json_wanted:
        click.echo(json.dumps(_as_json(home, found)))
    else:
        for line in _in_words(home, found):
            click.echo(line)


@epochs.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1), metavar="[N]…")
@click.option("--all-due", is_flag=True, help="All that may go now.")
@click.option("--override", is_flag=True, help="Pass over what is missing from boxes; two people are needed.")
@_MEDIUM
@click.pass_obj
def destroy(
    place: Place, numbers: tuple[int, ...], all_due: bool, override: bool, medium: Path | None
) -> None:
    """Let the secrets of epochs go for good, and write the certificate.

    Nobody can open what was sealed to them any more. It is refused while a slip of the epoch may still come.

    \b
    Exit codes: 0, 1 (no such epoch), 2, 5, 7, 8, 9, 11, 12, 15 (not yet: it says what is missing), 17,
    18 (--override needs two people).
    Example:
      tipline-workstation --home ~/tipline epochs destroy --all-due
    """
    from workstation.cli.people import two_people
    from workstation.epochs.destruction import destroy as destroy_epochs
    from workstation.epochs.destruction import destroy_due

    if bool(numbers) == all_due:
        raise click.UsageError("Give the numbers of epochs, or --all-due.")
    if override and all_due:
        raise click.UsageError("--override is for epochs that are named, not for --all-due.")
    home = place.open()
    if all_due:
        done = destroy_due(home, now=_now(), medium=medium)
        if done is None:
            click.echo("no epoch is due")
            return
    else:
        people = two_people(place, home, "pass over what is missing") if override else ()
        done = destroy_epochs(home, numbers, now=_now(), people=people, medium=medium)
    for line in _done_in_words(done):
        click.echo(line)


@epochs.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--yes", is_flag=True, help="Also onto a file system in memory, which a power cut empties.")
@click.pass_obj
def medium(place: Place, folder: Path, yes: bool) -> None:
    """Put the key over the epoch secrets onto a medium of its own, or say where that medium is mounted now.

    From then on what is destroyed is gone for everybody who has this disk or an old copy of it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12 (not a folder, the home's own file system, the medium is not there).
    Example:
      tipline-workstation --home ~/tipline epochs medium /media/key
    """
    from workstation.epochs.destruction import move
    from workstation.epochs.memory import refuse_memory

    home = place.open()
    if not yes:
        refuse_memory(folder)
    found = move(home, folder)
    click.echo(f"the key over the epoch secrets lies in {found.key_file(home.path)}, and nowhere else")
    click.echo(
        "Without this medium no new batch can be opened: it has to be in at each import. There is one of it."
    )
    click.echo("An old medium may keep a remnant of the key before: break it.")


@epochs.command()
@click.option("--yes", is_flag=True, help="Also into a TPM that does not say that it is a chip.")
@click.pass_obj
def tpm(place: Place, yes: bool) -> None:
    """Put the key over the epoch secrets into the TPM of this machine, where only who opens the home can read it.

    From then on what is destroyed is gone for everybody who has this disk or an old copy of it. It needs the Debian
    package tpm2-tools.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12 (no TPM, no tpm2-tools, or the medium of the key is not there), 18.
    Example:
      tipline-workstation --home ~/tipline epochs tpm
    """
    from workstation.epochs.destruction import move_to_tpm
    from workstation.home import EPOCHS

    home = place.open()
    found = move_to_tpm(home, programs=yes)
    click.echo(f"the key over the epoch secrets lies in {found.where(home.path / EPOCHS)}, and nowhere else")
    click.echo(
        "It cannot be copied: if this machine or its TPM is lost, or cleared, so is what no case book has yet."
    )
    if found.store.value == "home":
        click.echo("This TPM is a program, with its memory in a file: what goes is deleted, not destroyed.")
    else:
        click.echo("An old medium may keep a remnant of the key before: break it.")


@epochs.command()
@click.option("--broken", is_flag=True, help="The old medium was broken; do not look for it.")
@click.pass_obj
def finish(place: Place, broken: bool) -> None:
    """End a destruction that was cut short, where its old medium is not there any more.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline epochs finish --broken
    """
    from workstation.epochs.destruction import renewal_of
    from workstation.home import alone

    home = place.open()
    with alone(home.path):
        renewal = renewal_of(home)
        if renewal.pending() is None:
            click.echo("nothing was cut short")
            return
        if broken:
            renewal.say_broken()
        renewal.settle()
    click.echo("done")


@epochs.command()
@click.option(
    "--key-lost", is_flag=True, help="The key over the secrets is gone for good: give all of them up."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def renew(place: Place, key_lost: bool, yes: bool) -> None:
    """Make new keys for the epochs to come whose secrets are not here, as after a restore.

    Epochs that have begun keep theirs, since a box takes no other ones.

    \b
    Exit codes: 0, 1 (the key is not lost), 2, 5, 7, 8, 9, 10 (not confirmed), 11, 12.
    Example:
      tipline-workstation --home ~/tipline epochs renew
    """
    from workstation.epochs.replacing import give_up_lost_key, replace_lost

    home = place.open()
    if key_lost:
        confirm("What is sealed and not in the case book can be opened by nobody then. Go on?", yes=yes)
        give_up_lost_key(home)
        click.echo(
            "All secrets are given up. The key over new ones lies in the home: epochs medium, epochs tpm"
        )
    sheet, numbers = replace_lost(home, now=_now())
    if not numbers:
        click.echo("the secrets of all epochs to come are here")
        return
    renewed = f"{amount(len(numbers), 'epoch')}, {numbers[0]} to {numbers[-1]}"
    click.echo(f"new keys: {renewed}; the key sheet has serial {sheet.serial}")
    click.echo(
        "Carry it to the box now (keysheet --output FILE): until it is enrolled, what comes can be opened by nobody."
    )


@click.command()
@click.argument("box", metavar="BOX")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def retire(place: Place, box: str, yes: bool) -> None:
    """Say, two people together, that nothing more will come from a box; no epoch waits for it from then on.

    BOX is the box's id, 16 hexadecimal digits. A certificate tells who said it. Its batches are taken all the same.

    \b
    Exit codes: 0, 1 (retired already, or not trusted), 2, 5, 7, 8, 9, 10 (not confirmed), 11, 12, 17, 18.
    Example:
      tipline-workstation --home ~/tipline retire e14f57bd70fb9a8f
    """
    from workstation.cli.people import two_people
    from workstation.epochs.destruction import retire as retire_box

    try:
        wanted = bytes.fromhex(box)
    except ValueError:
        raise click.UsageError(f"'{box}' is not the id of a box.") from None
    home = place.open()
    people = two_people(place, home, "retire a box")
    confirm("What it has not sent yet can be read by nobody once the epoch is destroyed. Go on?", yes=yes)
    retire_box(home, wanted, people, now=_now())
    click.echo(f"box {wanted.hex()} is retired")


def _now() -> int:
    return int(time.time())


def _as_json(home: Home, found: Review) -> dict[str, Any]:
    return {
        "store": home.epoch_store().place.store.value,
        "epochs": [_epoch_json(found, epoch.number) for epoch in found.epochs()],
        "retired": [box.hex() for box in sorted(found.row.retired)],
    }


def _epoch_json(found: Review, number: int) -> dict[str, Any]:
    from wire.signed import time_text
    from workstation.epochs.review import lack_in_words

    (epoch,) = [one for one in found.epochs() if one.number == number]
    kept = number in found.there
    lacks = found.lacks(number) if kept else []
    return {
        "epoch": number,
        "begins": time_text(epoch.begins),
        "ends": time_text(epoch.ends),
        "state": found.state(epoch).value,
        "due": kept and not lacks and not any(found.hindrances(epoch)),
        "hindrances": list(found.hindrances(epoch)) if kept else [],
        "missing": [
            {
                "box": lack.box.hex(),
                "what": lack.what.value,
                "chain": lack.chain.hex() if lack.chain else None,
                "numbers": [list(pair) for pair in lack.numbers],
                "words": lack_in_words(lack),
            }
            for lack in lacks
        ],
        "quarantined": found.quarantined.get(number, 0),
    }


def _in_words(home: Home, found: Review) -> Iterator[str]:
    shown = _as_json(home, found)
    before: list[str] = []
    for epoch in shown["epochs"]:
        yield f"{epoch['epoch']:>5}  {epoch['begins'][:10]} to {epoch['ends'][:10]}  {epoch['state']}"
        if epoch["state"] == "past":
            reasons = [*epoch["hindrances"], *(lack["words"] for lack in epoch["missing"])]
            yield from _reasons_in_words(reasons, before)
            before = reasons
        if epoch["quarantined"] and epoch["state"] in ("past", "current"):
            yield f"         {epoch['quarantined']} quarantined batches of it will never be opened once it is gone"
    yield _WORDS[shown["store"]]


def _reasons_in_words(reasons: list[str], before: list[str]) -> Iterator[str]:
    """Yield what keeps an epoch; what keeps the one before it as well is not told again."""
    if not reasons:
        yield "         may be destroyed"
    if any(reason in before for reason in reasons):
        yield "         not yet: as the one before"
    yield from (f"         not yet: {reason}" for reason in reasons if reason not in before)


_WORDS = {
    "home": "The key over these secrets lies on the same disk: what goes is deleted, not destroyed. "
    "See: epochs medium, epochs tpm",
    "medium": "The key over these secrets lies on a medium of its own: what goes is destroyed with it.",
    "tpm": "The key over these secrets lies in the TPM: what goes is destroyed with it.",
}


def _done_in_words(done: EpochsEnded) -> Iterator[str]:
    numbers = ", ".join(str(epoch.number) for epoch in done.epochs)
    yield f"{done.how.value}: epoch {numbers}. The certificate is written; see: certificates"
    if done.by:
        yield f"passed over what was missing: {' and '.join(done.by)}"
    if done.how.value == "deleted":
        yield "Deleted, not destroyed: a remnant of the secret may stay on this disk, with the key to it."
    elif done.store.value == "medium":
        yield "A remnant of the old key may stay on a flash medium: who needs to be sure breaks it (--medium DIR)."
