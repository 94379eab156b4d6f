"""The roster: who is there. See README.md in this folder."""
