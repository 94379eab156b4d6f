"""Management API and pages. Loaded when one of them is first asked for. See README.md in this folder."""
