"""The sieve: which records cannot hold a text, so that a search reads few of the bodies."""
