"""Tests of `content_app`."""
