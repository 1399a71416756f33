"""What a browser may do with a page of ours (Content Security Policy, level 3)."""

from __future__ import annotations

# Nothing is fetched but our stylesheet, and nothing of a page is sent elsewhere.
PLAIN = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
# Of a page that our scripts add to.
SCRIPTED = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
