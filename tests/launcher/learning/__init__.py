"""Tests of `launcher.learning`."""
