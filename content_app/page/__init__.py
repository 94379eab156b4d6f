"""The lesson as a page of its own small server. See README.md in this folder."""
