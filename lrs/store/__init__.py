"""Where everything durable lives. See README.md in this folder."""
