"""Tests of `launcher.progress`."""
