"""Tests of `lrs.http`: the resources, asked as a client asks them."""
