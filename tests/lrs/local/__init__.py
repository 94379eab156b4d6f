"""Tests of `lrs.local`."""
