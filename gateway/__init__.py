"""The box: intake, sealing, spool, batches, ledger, forwarder, operator's commands."""
