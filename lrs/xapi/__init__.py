"""The Experience API as values and functions: no network, no database, no clock. `README.md` has the reading order."""
