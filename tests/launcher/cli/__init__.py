"""Tests of `launcher.cli`."""
