"""The record store and every way to reach it. See README.md in this folder."""
