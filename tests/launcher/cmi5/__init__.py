"""Tests of cmi5 as values and functions."""
