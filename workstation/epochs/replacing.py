"""New keys for epochs to come whose secrets are lost, as after a restore: else a box would seal to them for a year."""

from __future__ import annotations

import secrets
from dataclasses import replace

from nacl.secret import SecretBox
from nacl.signing import SigningKey

from wire.keysheet import Epoch, KeySheet, write_keysheet
from workstation.epochs.destruction import renewal_of
from workstation.epochs.place import ID_OCTETS, Place
from workstation.epochs.store import EpochKey, epoch_key
from workstation.epochs.tpm import MediumMissing, NoTools
from workstation.home import Home, alone, save_sheet
from workstation.keys.subkeys import KEY_OCTETS
from workstation.problems import NotPossible


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


def give_up_lost_key(home: Home) -> None:
    """Return once the epoch store is an empty one in the home: nobody has the key that was over its secrets.

    Raises NotPossible (the key is there), Damaged, OSError.
    """
    with alone(home.path):
        if not _is_lost(home.epoch_store().place):
            raise NotPossible("the key over the secrets is not lost", way_out="Leave --key-lost out.")
        renewal = renewal_of(home)
        renewal.say_broken()
        renewal.settle()
        place = home.epoch_store().place
        renewal.renew(Place(generation=place.generation + 1, id=secrets.token_hex(ID_OCTETS)), lost=True)


def _is_lost(place: Place) -> bool:
    try:
        place.check_there()
    except NoTools:
        raise
    except MediumMissing:
        return True
    return False


def _opens(epoch: Epoch, keys: dict[int, EpochKey]) -> bool:
    return epoch.number in keys and keys[epoch.number].public == epoch.key
