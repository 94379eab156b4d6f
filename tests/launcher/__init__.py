"""Tests of the launcher, in the folders of its source."""
