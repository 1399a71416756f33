"""Writing: callers take turns, and one transaction gives a batch its places under a lock."""
