"""A tiny reading of a user agent: enough to recognise one's own browser, a tool, or a bot. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..words import _
from ..words import N_

Kind = Literal["Browser", "Tool", "Bot"]
# The kinds are names of facts too.
KINDS = N_(("Browser", "Tool", "Bot"))

# The first that is found wins, so what pretends to be something else comes first.
_BOTS = (
    ("Googlebot", re.compile(r"\bGooglebot(?:-\w+)?/(\d[\d.]*)")),
    ("Bingbot", re.compile(r"\bbingbot/(\d[\d.]*)")),
    ("GPTBot", re.compile(r"\bGPTBot/(\d[\d.]*)")),
    ("ClaudeBot", re.compile(r"\bClaudeBot/(\d[\d.]*)")),
    ("Slackbot", re.compile(r"\bSlackbot(?:-\w+)? (\d[\d.]*)")),
    ("UptimeRobot", re.compile(r"\bUptimeRobot/(\d[\d.]*)")),
    ("Pingdom", re.compile(r"\bPingdom\.com_bot_version_(\d[\d.]*)")),
    ("Amazon Route 53", re.compile(r"^Amazon-Route53-Health-Check-Service\b()")),
    ("ELB health check", re.compile(r"^ELB-HealthChecker/(\d[\d.]*)")),
    ("Google health check", re.compile(r"^GoogleHC/(\d[\d.]*)")),
    ("Kubernetes probe", re.compile(r"^kube-probe/(\d[\d.]*)")),
    ("headless Chrome", re.compile(r"\bHeadlessChrome/(\d+)")),
)
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"\bOPR/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/")),
)
_TOOLS = (
    ("curl", re.compile(r"^curl/(\d[\d.]*)")),
    ("Wget", re.compile(r"^Wget/(\d[\d.]*)")),
    ("HTTPie", re.compile(r"^HTTPie/(\d[\d.]*)")),
    ("PowerShell", re.compile(r"\b(?:Windows)?PowerShell/(\d[\d.]*)")),
    ("GitHub CLI", re.compile(r"^GitHub CLI (\d[\d.]*)")),
    ("git", re.compile(r"^git/(\d[\d.]*)")),
    ("kubectl", re.compile(r"^kubectl/v?(\d[\d.]*)")),
    ("AWS CLI", re.compile(r"\baws-cli/(\d[\d.]*)")),
    ("Boto3", re.compile(r"\bBoto3/(\d[\d.]*)")),
    ("Terraform", re.compile(r"\bTerraform/(\d[\d.]*)")),
    ("Ansible", re.compile(r"^ansible-httpget\b()")),
    ("Postman", re.compile(r"^PostmanRuntime/(\d[\d.]*)")),
    ("Insomnia", re.compile(r"^insomnia/(\d[\d.]*)")),
    ("Python requests", re.compile(r"^python-requests/(\d[\d.]*)")),
    ("Python httpx", re.compile(r"^python-httpx/(\d[\d.]*)")),
    ("Python urllib", re.compile(r"^Python-urllib/(\d[\d.]*)")),
    ("Python aiohttp", re.compile(r"\baiohttp/(\d[\d.]*)")),
    ("Go", re.compile(r"^Go-http-client/(\d[\d.]*)")),
    ("OkHttp", re.compile(r"^okhttp/(\d[\d.]*)")),
    ("Java", re.compile(r"^(?:Java|Java-http-client)/(\d[\d.]*)")),
    ("axios", re.compile(r"^axios/(\d[\d.]*)")),
    ("Node.js", re.compile(r"^(?:node|undici)(?:-fetch)?(?:/(\d[\d.]*))?$")),
    ("Werkzeug test client", re.compile(r"^Werkzeug/(\d[\d.]*)")),
)
_PROGRAMS: tuple[tuple[Kind, tuple[tuple[str, re.Pattern[str]], ...]], ...] = (
    ("Bot", _BOTS),
    ("Browser", _BROWSERS),
    ("Tool", _TOOLS),
)
# What calls itself one, whoever it is, as ``AcmeBot/1.0`` or ``(compatible; Acme-Crawler; …)``.
_SOME_BOT = re.compile(r"\b([\w.-]{1,40}(?:bot|crawler|spider))(?=[/;)])", re.IGNORECASE)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows NT|\bWindows\b")),
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("macOS", re.compile(r"Macintosh|Mac OS X|Darwin/|\bdarwin\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Android", re.compile(r"Android")),
    ("Linux", re.compile(r"Linux|\blinux\b")),
)
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Agent:
    """What a user agent says that it is: anybody can say anything."""

    kind: Kind
    name: str


def read_agent(user_agent: str) -> Agent | None:
    """``Chrome 114 on macOS``, or ``None`` for what this table does not know."""
    head = user_agent[:_LONGEST]
    for kind, programs in _PROGRAMS:
        for name, pattern in programs:
            if found := pattern.search(head):
                version = (found.group(1) or "")[:12].rstrip(".")
                return Agent(kind, _on_system(f"{name} {version}".strip(), head))
        if kind == "Bot" and (found := _SOME_BOT.search(head)):
            return Agent("Bot", found.group(1))

    return None


def _on_system(program: str, head: str) -> str:
    system = next((name for name, pattern in _SYSTEMS if pattern.search(head)), None)
    return _("%(program)s on %(system)s", program=program, system=system) if system else program
