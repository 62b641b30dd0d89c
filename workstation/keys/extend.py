"""Sheets that follow, made and kept so that a kill at any point leaves a home that opens and a sheet a box takes."""

from __future__ import annotations

import secrets
from dataclasses import replace

from nacl.secret import SecretBox
from nacl.signing import SigningKey

from wire.keysheet import KeySheet, write_keysheet
from workstation.epochs.store import EpochKey, EpochStore, epoch_key
from workstation.home import Home, save_keyring, save_sheet
from workstation.keys.keyring import Opened
from workstation.keys.sheet import check_room, next_sheet
from workstation.keys.subkeys import KEY_OCTETS
from workstation.keys.users import with_vault


def extend(home: Home, epochs: int, *, now: int) -> tuple[KeySheet, bytes]:
    """Return the new sheet of the home and its octets, ``epochs`` weekly keys longer, durably kept.

    The secrets are on the disk before the sheet names their keys. Those that a killed run or a restored backup left
    without a sheet are used, not replaced: a box may know their keys already. Raises NotPossible, and nothing is made.
    """
    check_room(home.sheet, epochs)
    first = home.sheet.epochs[-1].number + 1
    keys = _keys(home.epoch_store(), range(first, first + epochs))
    return _keep(home, next_sheet(home.sheet, keys, vault=home.vault, now=now))


def succeed(home: Home, keys: Opened, *, now: int) -> tuple[KeySheet, bytes]:
    """Return the sheet signed by the authority that the old one announced, and its octets; a new next one is made.

    The keyring comes first. Killed between the two, the old sheet still stands and is good, and the next call
    completes this succession instead of beginning another.
    """
    vault = home.vault
    if not _half_done(home):
        following = secrets.token_bytes(KEY_OCTETS)
        vault = replace(vault, authority=vault.next_authority, next_authority=following)
        save_keyring(home.path, with_vault(keys, vault))
    home = replace(home, vault=vault)
    return _keep(home, next_sheet(home.sheet, (), vault=vault, now=now))


def _half_done(home: Home) -> bool:
    return bytes(SigningKey(home.vault.authority).verify_key) != home.sheet.authority


def _keep(home: Home, sheet: KeySheet) -> tuple[KeySheet, bytes]:
    octets = write_keysheet(sheet, SigningKey(home.vault.authority)).octets
    save_sheet(home.path, octets)
    return sheet, octets


def _keys(store: EpochStore, numbers: range) -> list[EpochKey]:
    pairs = store.keys()
    there = {pair.number: pair for pair in pairs}
    return [there[number] if number in there else _new_key(store, number) for number in numbers]


def _new_key(store: EpochStore, number: int) -> EpochKey:
    key = epoch_key(number, secrets.token_bytes(KEY_OCTETS))
    store.add(key, secrets.token_bytes(SecretBox.NONCE_SIZE))
    return key
