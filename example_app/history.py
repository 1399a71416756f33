"""Hundreds of visits more, so that the demo's charts tell of weeks: in the log alone.

To act them out as :mod:`.demo` does would take minutes. They come as events of the past come to
any host, from a service that was there before or a log kept elsewhere: as a file, by `flask
auditlog import`. That keeps the time, the actor and the browser of each, takes hundreds at once,
and says of them that they were imported, which ``audit.record(..., time=...)`` would not.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL
from uuid import uuid5

from flask import Flask

from .clock import begin
from .clock import DAY
from .clock import HOUR
from .clock import MINUTE
from .clock import moments
from .clock import SECOND
from .demo import COMPANIES
from .demo import Company
from .demo import LEDGERLY
from .demo import Person
from .demo import SCRIPT
from .models import Role

VISITS = 330
# From where doors are tried at night: so many nights before the last one, and how often.
NETWORK = "2001:db8:bad:1::"
NIGHTS: Mapping[int, int] = {15: 45, 0: 70}
STRANGERS = ("admin", "info", "root", "billing@ledgerly.example", "test")
# The users of the story in the order in which it opens their accounts.
_IDS = {
    person.email: str(number)
    for number, person in enumerate(chain(*(each.people for each in (LEDGERLY, *COMPANIES))), 1)
}

Wire = dict[str, Any]


def bring(app: Flask, now: int) -> None:
    """Have the log of *app* import the history of the weeks before *now*."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "history.ndjson"
        file.write_text("".join(f"{json.dumps(each)}\n" for each in history(now)))
        app.test_cli_runner().invoke(args=["auditlog", "import", str(file)], catch_exceptions=False)


def history(now: int) -> Iterator[Wire]:
    """Yield the events of it as an export writes them. The same for the same *now*."""
    dice = random.Random(23)  # noqa: S311 (a story, not a secret)
    after, before = begin(now) + DAY, now - HOUR // 2
    numbers = {company.name: 1000 for company in COMPANIES}
    for at in moments(after, before, VISITS, dice):
        company = dice.choice(COMPANIES)
        yield from (_with_uid(each) for each in _Visit(company, at, numbers, dice).events())
    for each in (*_nights(now, dice), *_jobs(after // DAY * DAY, now)):
        yield _with_uid(each)


class _Visit:
    """Somebody signs in, does what the role does, and mostly signs out."""

    def __init__(
        self, company: Company, at: int, numbers: dict[str, int], dice: random.Random
    ) -> None:
        self._company, self._at, self._numbers, self._dice = company, at, numbers, dice
        self._person: Person = dice.choice(company.people)
        self._session = f"{dice.getrandbits(128):032x}"

    def events(self) -> Iterator[Wire]:
        role, dice = self._person.role, self._dice
        if dice.random() < 0.09:
            failed = {"details": {"username": self._person.email}, "error": "invalid_password"}
            yield self._event("access.LOGIN_ERROR", who={}, **failed)
        yield self._event("access.LOGIN", details={"auth_method": "password"})
        if role.covers(Role.MEMBER):
            for _ in range(dice.randint(0, 2)):
                yield from self._invoice()
        if role.covers(Role.ADMIN) and dice.random() < 0.5:
            method = {"method": dice.choice(["bank transfer", "card"])}
            number = dice.randint(1000, self._numbers[self._company.name])
            yield self._told("invoice.paid", number, self._facts(number) | method)
        if dice.random() < 0.04:
            asked = {"method": "GET", "path": "/customers.csv", "status": 200, "sensitive": True}
            yield self._event("access.REQUEST", resourcePath="/customers.csv", details=asked)
        if dice.random() < 0.6:
            yield self._event("access.LOGOUT")

    def _invoice(self) -> Iterator[Wire]:
        """An invoice is written, and mostly sent."""
        self._numbers[self._company.name] += 1
        number = self._numbers[self._company.name]
        facts = self._facts(number)
        changes = {"number": [None, facts["number"]], "due": [None, facts["due"]]}
        yield self._event(
            "admin.INVOICE-CREATE",
            **_resource(number),
            operationType="CREATE",
            details={"changes": changes, "label": facts["number"]},
        )
        if self._dice.random() < 0.85:
            yield self._told("invoice.sent", number, facts)
        if self._dice.random() < 0.1:
            yield self._told("invoice.reminded", number, facts)

    def _facts(self, number: int) -> Wire:
        _, price = self._dice.choice(self._company.wares)
        issued = datetime.fromtimestamp(self._at / SECOND, UTC).date()

        return {
            "number": f"INV-{number}",
            "customer": self._dice.choice(self._company.customers),
            "amount": price * self._dice.randint(1, 12),
            "currency": self._company.currency,
            "due": (issued + timedelta(days=30)).isoformat(),
            "lines": 1,
        }

    def _told(self, kind: str, number: int, facts: Wire) -> Wire:
        return self._event(kind, **_resource(number), typeVersion=1, details=facts)

    def _event(self, kind: str, *, who: Wire | None = None, **more: Any) -> Wire:
        self._at += self._dice.randint(10, 90) * SECOND
        person = self._person
        known = {"userId": _IDS[person.email], "username": person.email, "sessionId": self._session}

        return _event(
            self._at,
            kind,
            organizationId=_slug(self._company),
            authDetails={"ipAddress": person.address, **(known if who is None else who)},
            userAgent=person.agent,
            **more,
        )


def _slug(company: Company) -> str:
    return re.sub(r"[^a-z0-9]+", "-", company.name.lower())


def _resource(number: int) -> Wire:
    return {"resourceType": "INVOICE", "resourcePath": f"invoices/{number}"}


def _nights(now: int, dice: random.Random) -> Iterator[Wire]:
    """Somebody tries names and passwords, from one network and at night."""
    people = [person for company in COMPANIES for person in company.people[:2]]
    # The last night that is over by now.
    last = (now - 5 * HOUR) // DAY * DAY
    for ago, tries in NIGHTS.items():
        at = last - ago * DAY + 2 * HOUR + 40 * MINUTE
        for _ in range(tries):
            at += dice.randint(4, 90) * SECOND
            person = dice.choice(people) if dice.random() < 0.45 else None
            yield _failed(at, f"{NETWORK}{dice.randint(1, 6):x}", person, dice)


def _failed(at: int, address: str, person: Person | None, dice: random.Random) -> Wire:
    name = person.email if person else dice.choice(STRANGERS)
    company = next((each for each in COMPANIES if person in each.people), None)

    return _event(
        at,
        "access.LOGIN_ERROR",
        **({"organizationId": _slug(company)} if company else {}),
        error="invalid_password" if person else "user_not_found",
        authDetails={"ipAddress": address},
        userAgent=SCRIPT,
        details={"username": name},
    )


def _jobs(first: int, now: int) -> Iterator[Wire]:
    """What the service does by itself each night."""
    for number, at in enumerate(range(first + 3 * HOUR + 10 * MINUTE, now, DAY)):
        yield _event(at, "system.BACKUP", details={"megabytes": 380 + 3 * number})


def _event(at: int, kind: str, **more: Any) -> Wire:
    return {"time": at, "realmId": "default", "type": kind, **more, "source": "capture"}


def _with_uid(event: Wire) -> Wire:
    """One that follows from what it says: to import it twice does no harm."""
    return {"uid": str(uuid5(NAMESPACE_URL, json.dumps(event))), **event}
