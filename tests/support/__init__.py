"""Fakes written by hand, for what must misbehave on command, and small worlds that several tests build."""
