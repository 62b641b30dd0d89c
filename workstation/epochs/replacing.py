"""New keys for epochs to come whose secrets are lost, as after a restore: else a box would seal to them for a year."""

from __future__ import annotations

import secrets
from dataclasses import replace

from nacl.secret import SecretBox
from nacl.signing import SigningKey

from wire.keysheet import Epoch, KeySheet, write_keysheet
from workstation.epochs.store import EpochKey, epoch_key
from workstation.home import Home, alone, save_sheet
from workstation.keys.subkeys import KEY_OCTETS


def replace_lost(home: Home, *, now: int) -> tuple[KeySheet, tuple[int, ...]]:
    """Return the sheet of the home, with new keys for the epochs named beside it; none if all secrets are here.

    An epoch that has begun keeps its key: a box takes no other one. The secrets are durable before the sheet names
    their keys, and those that a killed run left are used.
    """
    with alone(home.path):
        store = home.epoch_store()
        keys = {key.number: key for key in home.epoch_keys()}
        lost = [epoch for epoch in home.sheet.epochs if epoch.begins > now and not _opens(epoch, keys)]
        for epoch in lost:
            if epoch.number not in keys:
                keys[epoch.number] = epoch_key(epoch.number, secrets.token_bytes(KEY_OCTETS))
                store.add(keys[epoch.number], secrets.token_bytes(SecretBox.NONCE_SIZE))
        if not lost:
            return home.sheet, ()
        epochs = tuple(
            replace(epoch, key=keys[epoch.number].public) if epoch in lost else epoch
            for epoch in home.sheet.epochs
        )
        sheet = replace(home.sheet, serial=home.sheet.serial + 1, date=now, epochs=epochs)
        save_sheet(home.path, write_keysheet(sheet, SigningKey(home.vault.authority)).octets)
    return sheet, tuple(epoch.number for epoch in lost)


def _opens(epoch: Epoch, keys: dict[int, EpochKey]) -> bool:
    return epoch.number in keys and keys[epoch.number].public == epoch.key
