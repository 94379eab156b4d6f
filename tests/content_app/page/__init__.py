"""Tests of `content_app.page`."""
