"""Webhooks: from a record to somebody's server."""
