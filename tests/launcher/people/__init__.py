"""Tests of `launcher.people`."""
