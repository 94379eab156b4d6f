"""The launcher's tables, beside the record store's in the same database. See README.md in this folder."""
