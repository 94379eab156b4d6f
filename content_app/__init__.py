"""A maths lesson that knows nothing but its launch URL. See README.md in this folder."""
