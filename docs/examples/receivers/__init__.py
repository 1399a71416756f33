"""Receivers of webhooks, to be copied: they verify, keep and answer; the work is done later."""
