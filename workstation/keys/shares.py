"""Shares of the master key for custodians: SLIP-0039 words, by the published package shamir-mnemonic.

A single-user home has one group of custodians, any k of whose n shares give the key. A two-person home has two groups,
police and civil, and both are needed: no organisation restores alone, with however many of its shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.shamir import decode_mnemonics
from shamir_mnemonic.share import Share as RawShare

from workstation.keys.keyring import Mode
from workstation.keys.people import Organisation
from workstation.problems import NotThisKey

MAX_CUSTODIANS = 16
"""SLIP-0039: an index has four bits."""
_NO_PASSPHRASE = b""
"""A wrong passphrase would give another secret silently, and one more thing to forget; the words are the secret."""
_EXPONENT = 0
"""Rounds of stretching for a passphrase that is not there."""


@dataclass(frozen=True, slots=True)
class Group:
    """Custodians of one organisation; None in a single-user home, where there is one group of all."""

    organisation: Organisation | None
    custodians: int
    threshold: int

    def why_not(self) -> str:
        """Return what is wrong with the figures, nothing if they can be."""
        if not 1 <= self.custodians <= MAX_CUSTODIANS:
            return f"there can be 1 to {MAX_CUSTODIANS} custodians"
        if not 1 <= self.threshold <= self.custodians:
            return f"of {self.custodians} custodians 1 to {self.custodians} can be needed"
        if self.threshold == 1 and self.custodians > 1:
            return "a threshold of 1 is for one custodian only: each sheet would be the whole key (SLIP-0039)"
        return ""


@dataclass(frozen=True, slots=True)
class Share:
    """What one custodian keeps."""

    group: Group
    number: int
    """From 1, within the group."""
    set_id: str
    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """What the words of a share say of it; nothing of the key."""

    set_id: str
    group: int
    groups: int
    number: int
    threshold: int


def make_shares(master: bytes, groups: Sequence[Group]) -> tuple[Share, ...]:
    """Return a new set of shares of ``master``, by groups. Older sets of the same key stay good."""
    made = generate_mnemonics(
        len(groups),
        [(group.threshold, group.custodians) for group in groups],
        master,
        passphrase=_NO_PASSPHRASE,
        iteration_exponent=_EXPONENT,
    )
    return tuple(
        Share(group, number, place_of(mnemonic).set_id, tuple(mnemonic.split()))
        for group, mnemonics in zip(groups, made, strict=True)
        for number, mnemonic in enumerate(mnemonics, start=1)
    )


def place_of(mnemonic: str) -> Place:
    """Return what a share, whose checksum is good, says of itself. Raises NotThisKey."""
    try:
        raw = RawShare.from_mnemonic(mnemonic)
    except MnemonicError:
        raise NotThisKey("these are not the words of a share") from None
    return Place(
        f"{raw.identifier:04x}", raw.group_index, raw.group_count, raw.index + 1, raw.member_threshold
    )


def join_shares(mnemonics: Iterable[str]) -> bytes:
    """Return the secret that the shares give, more than needed or not. Raises NotThisKey: which are missing.

    That it is the key of a certain home is to be asked of its keyring: SLIP-0039 cannot tell.
    """
    shares = {place: mnemonic for mnemonic in mnemonics for place in (place_of(mnemonic),)}
    _of_one_set(shares)
    _belong_together(shares.values())
    needed: list[str] = []
    for group in range(next(iter(shares)).groups):
        members = {place.number: place for place in shares if place.group == group}
        needed += [
            shares[place] for place in _enough(list(members.values()), group, next(iter(shares)).groups)
        ]
    try:
        return bytes(combine_mnemonics(needed, _NO_PASSPHRASE))
    except MnemonicError:
        raise NotThisKey("the shares do not fit together", way_out="One of them is of another key.") from None


def group_name(number: int, groups: int) -> str:
    """Return how the group is called in a sentence."""
    return f" of {list(Organisation)[number]}" if groups == len(Organisation) else ""


def groups_for(mode: Mode, police: tuple[int, int], civil: tuple[int, int]) -> tuple[Group, ...]:
    """Return the groups of a home; each pair is custodians and threshold. ``civil`` counts in two-person homes."""
    if mode is Mode.SINGLE:
        return (Group(None, *police),)
    return (Group(Organisation.POLICE, *police), Group(Organisation.CIVIL, *civil))


def _of_one_set(places: Iterable[Place]) -> None:
    sets = sorted({place.set_id for place in places})
    if not sets:
        raise NotThisKey("there are no shares")
    if len(sets) > 1:
        raise NotThisKey(
            f"the shares are of different sets: {', '.join(sets)}", way_out="Use those of one set."
        )


def _belong_together(mnemonics: Iterable[str]) -> None:
    try:
        decode_mnemonics(mnemonics)
    except MnemonicError:
        raise NotThisKey(
            "the shares contradict each other", way_out="One of them is of another key."
        ) from None


def _enough(members: list[Place], group: int, groups: int) -> list[Place]:
    name = group_name(group, groups)
    if not members:
        raise NotThisKey(f"there is no share{name or f' of group {group + 1}'}")
    threshold = members[0].threshold
    if len(members) < threshold:
        raise NotThisKey(f"{threshold} shares{name} are needed, these are {len(members)}")
    return sorted(members, key=lambda place: place.number)[:threshold]
