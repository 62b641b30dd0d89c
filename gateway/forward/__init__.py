"""The forwarder: takes finished batches from the outbox to the destinations.

Security properties:

- It reads the outbox (sealed batches, already signed) and the configuration, and writes its own folder; it opens
  nothing of the state folder and imports nothing of intake, so that the process with the network has nothing to tell.
- At a destination no half file ever stands under a final name, and no file is ever replaced.
- It sends when a batch is there: the clock of the batches, not of the tips, is what a watcher of the wire sees.
- Of an SFTP server it believes the one pinned host key.
- Of the files at a destination it believes only headers that verify under the box's own key, never a name; what it
  reads there is bounded.

Mitigates against: a stick pulled out or not mounted, a server that is down, full, lost or another one, a kill at any
moment, a box restored from an old backup. Does not: a destination that drops what it was given (``resend``).
"""
