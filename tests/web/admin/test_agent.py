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
        ("curl/8.0.", "curl 8.0"),
        ("aws-cli/2.13.1 Python/3.11.4 Darwin/22.6.0", "AWS CLI 2.13.1 on macOS"),
        ("kubectl/v1.27.3 (linux/amd64) kubernetes/25b4e43", "kubectl 1.27.3 on Linux"),
        ("node", "Node.js"),
        (
            f"{MOZILLA} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot 2.1",
        ),
        ("kube-probe/1.27", "Kubernetes probe 1.27"),
        (
            f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} HeadlessChrome/114.0.5735.198 Safari/537.36",
            "headless Chrome 114 on Linux",
        ),
        (f"{MOZILLA} (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot"),
        (f"{MOZILLA} (compatible; Acme-Crawler; Chrome/114.0)", "Acme-Crawler"),
        ("a robot of ours", None),
        ("a program of ours", None),
        ("", None),
        ("x" * 100_000 + " Chrome/1", None),
    ],
)
def test_a_user_agent_is_read(user_agent: str, reading: str | None) -> None:
    found = read_agent(user_agent)
    assert (found and found.name) == reading


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [(MAC, "Browser"), ("curl/7.88.1", "Tool"), ("okhttp/4.9", "Tool"), ("GoogleHC/1.0", "Bot")],
)
def test_a_person_is_told_from_a_program(user_agent: str, kind: str) -> None:
    found = read_agent(user_agent)
    assert found is not None
    assert found.kind == kind
