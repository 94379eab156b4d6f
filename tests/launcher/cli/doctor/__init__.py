"""Tests of `launcher.cli.doctor`."""
