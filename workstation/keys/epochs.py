"""The store of epoch secrets has moved to ``workstation.epochs.store``; these names stay until all callers have."""

from workstation.epochs.store import EpochKey, EpochStore, epoch_key

__all__ = ["EpochKey", "EpochStore", "epoch_key"]
