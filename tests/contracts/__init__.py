"""Promises that hold whoever keeps them: one suite for every keeper."""
