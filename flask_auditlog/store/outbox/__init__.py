"""Webhooks, as they are kept: endpoints, deliveries, attempts, and whose turn it is."""
