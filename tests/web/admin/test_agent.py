"""Browsers and tools, as their owners would call them."""

from __future__ import annotations

import pytest

from flask_auditlog.web.admin.agent import read_agent
from tests.web.admin.samples import MAC

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = (
    f"{MOZILLA} (iPhone; CPU iPhone OS 16_5 like Mac OS X) {WEBKIT} "
    "Version/16.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "reading"),
    [
        (MAC, "Chrome 114 on macOS"),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/114.0 Safari/537.36 Edg/114.0",
            "Edge 114 on Windows",
        ),
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0",
            "Firefox 102 on Linux",
        ),
        (
            IPHONE,
            "Safari 16 on iPhone",
        ),
        (
            f"{MOZILLA} (Linux; Android 13) {WEBKIT} Chrome/114.0 Mobile Safari/537.36",
            "Chrome 114 on Android",
        ),
        (
            "Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165",
            "Boto3 1.26.165 on Linux",
        ),
        ("curl/7.88.1", "curl 7.88.1"),
        ("a program of ours", None),
        ("", None),
        ("x" * 100_000 + " Chrome/1", None),
    ],
)
def test_a_user_agent_is_read(user_agent: str, reading: str | None) -> None:
    assert read_agent(user_agent) == reading
