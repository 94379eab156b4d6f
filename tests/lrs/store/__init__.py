"""Tests of `lrs.store`: what is true of the SQLite keeper; what any keeper promises is under tests/contracts."""
