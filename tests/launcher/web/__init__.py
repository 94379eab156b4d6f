"""Tests of `launcher.web`."""
