"""Tests of `lrs.auth`."""
