"""Tests of `lrs.client`."""
