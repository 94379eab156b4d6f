"""The xAPI resources over HTTP, one module each. See README.md in this folder."""
