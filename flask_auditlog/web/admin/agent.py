"""A tiny reading of a user agent: enough to recognise one's own browser. Pure."""

from __future__ import annotations

import re

# The first that is found wins, so what pretends to be something else comes first.
_PROGRAMS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"\bOPR/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|HeadlessChrome)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/")),
    ("curl", re.compile(r"^curl/(\d[\d.]*)")),
    ("Wget", re.compile(r"^Wget/(\d[\d.]*)")),
    ("Boto3", re.compile(r"\bBoto3/(\d[\d.]*)")),
    ("AWS CLI", re.compile(r"\baws-cli/(\d[\d.]*)")),
    ("Terraform", re.compile(r"\bTerraform/(\d[\d.]*)")),
    ("Postman", re.compile(r"^PostmanRuntime/(\d[\d.]*)")),
    ("Python requests", re.compile(r"^python-requests/(\d[\d.]*)")),
    ("Python httpx", re.compile(r"^python-httpx/(\d[\d.]*)")),
    ("Python urllib", re.compile(r"^Python-urllib/(\d[\d.]*)")),
    ("Go", re.compile(r"^Go-http-client/(\d[\d.]*)")),
    ("OkHttp", re.compile(r"^okhttp/(\d[\d.]*)")),
    ("Werkzeug test client", re.compile(r"^Werkzeug/(\d[\d.]*)")),
)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows NT")),
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("macOS", re.compile(r"Macintosh|Mac OS X|Darwin/")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Android", re.compile(r"Android")),
    ("Linux", re.compile(r"Linux")),
)
_LONGEST = 1000


def read_agent(user_agent: str) -> str | None:
    """``Chrome 114 on macOS``, or ``None`` for what this table does not know."""
    head = user_agent[:_LONGEST]
    for name, pattern in _PROGRAMS:
        if found := pattern.search(head):
            program = f"{name} {found.group(1)[:12]}"
            break
    else:
        return None
    system = next((name for name, pattern in _SYSTEMS if pattern.search(head)), None)

    return f"{program} on {system}" if system else program
