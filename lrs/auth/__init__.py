"""Credentials and scopes. See README.md in this folder."""
