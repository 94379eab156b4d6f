"""What the hot paths cost, on the real program. See README.md in this folder."""
