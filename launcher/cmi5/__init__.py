"""cmi5 as values and functions: no framework, no database, no network. See README.md in this folder."""
