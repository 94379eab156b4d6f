"""The log on its way to other record stores. See README.md in this folder."""
