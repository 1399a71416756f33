"""The inbox: a table in the host's own database, for events of the host's transactions."""
