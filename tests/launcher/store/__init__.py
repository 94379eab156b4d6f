"""Tests of `launcher.store`."""
