"""Tests of `lrs.ipc`."""
