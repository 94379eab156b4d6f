"""Tests of lrs.sync: nothing lost, nothing doubled, whatever the other end does."""
