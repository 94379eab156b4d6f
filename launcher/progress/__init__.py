"""What educators see: a projection of the log. See README.md in this folder."""
