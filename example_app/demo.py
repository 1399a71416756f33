"""A few weeks at four small companies, acted out on Ledgerly's own pages.

Nothing is written to the database or to the log from here: twelve people fill in forms, each
from their own address and browser, so the audit log holds what really happened. Only the time
is that of the story: see :class:`.clock.Clock`.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from . import jobs
from .audit import audit
from .clock import begin
from .clock import Clock
from .clock import DAY
from .clock import HOUR
from .clock import MINUTE
from .clock import moments
from .models import Role

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = f"{CHROME} Edg/138.0.0.0"
SCRIPT = "python-requests/2.32.4"

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
VISITS = 30


class StoryError(Exception):
    """A page did not do what the story expects."""


class Browser:
    """Somebody's browser: an address, a name it calls itself by, cookies, and forms."""

    def __init__(self, app: Flask, address: str, agent: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base = {"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent}
        self.path, self.text = "", ""

    def look(self, path: str) -> str:
        self.path, self.text = path, self.client.get(path, follow_redirects=True).text
        return self.text

    def send(self, page: str, path: str | None = None, /, **fields: Any) -> TestResponse:
        """Open *page* and send the form that leads to *path*."""
        found = TOKEN.search(self.text if self.path == page else self.look(page))
        if found is None:
            raise StoryError(f"{page} has no form.")

        self.path = ""
        return self.client.post(path or page, data={"csrf_token": found[1], **fields})

    def do(self, page: str, path: str | None = None, /, **fields: Any) -> str:
        """Send a form that is accepted, and return where it leads."""
        answer = self.send(page, path, **fields)
        if answer.status_code != 302:
            notes = re.findall(r'class="note"[^>]*>([^<]+)', answer.text)
            raise StoryError(f"{path or page}: {answer.status} {notes}")

        return str(answer.location)


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    role: Role
    agent: str
    address: str

    @property
    def password(self) -> str:
        return f"{self.name.split()[0].lower()}-keeps-the-books"

    def at(self, app: Flask) -> Browser:
        return Browser(app, self.address, self.agent)


@dataclass(frozen=True)
class Company:
    name: str
    currency: str
    people: tuple[Person, ...]
    customers: tuple[str, ...] = ()
    wares: tuple[tuple[str, int], ...] = ()


SOFIA = Person("Sofia Lind", "sofia@ledgerly.example", Role.OWNER, FIREFOX, "192.0.2.10")
MAYA = Person("Maya Okafor", "maya@kestrel.example", Role.OWNER, SAFARI, "203.0.113.20")
TOMAS = Person("Tomas Lindqvist", "tomas@kestrel.example", Role.ADMIN, CHROME, "203.0.113.20")
PRIYA = Person("Priya Nair", "priya@kestrel.example", Role.MEMBER, FIREFOX, "203.0.113.77")
JONAS = Person("Jonas Weber", "jonas@weber-tax.example", Role.VIEWER, EDGE, "198.51.100.4")
GRACE = Person("Grace Bennett", "grace@northlight.example", Role.OWNER, SAFARI, "2001:db8:40::7")
DANIEL = Person("Daniel Osei", "daniel@northlight.example", Role.ADMIN, IPHONE, "2001:db8:40::19")
AIKO = Person("Aiko Tanaka", "aiko@northlight.example", Role.MEMBER, SAFARI, "198.51.100.88")
LUIS = Person("Luis Romero", "luis@harbourbikes.example", Role.OWNER, CHROME, "192.0.2.130")
EMMA = Person("Emma Clarke", "emma@harbourbikes.example", Role.ADMIN, EDGE, "192.0.2.131")
NOAH = Person("Noah Fischer", "noah@harbourbikes.example", Role.MEMBER, IPHONE, "192.0.2.144")
INES = Person("Ines Duarte", "ines@harbourbikes.example", Role.VIEWER, CHROME, "198.51.100.61")

LEDGERLY = Company("Ledgerly", "EUR", (SOFIA,))
KESTREL = Company(
    "Kestrel Coffee Roasters",
    "EUR",
    (MAYA, TOMAS, PRIYA, JONAS),
    ("Blue Door Café", "Hotel Aurora", "Fjord Bakery", "Museum Shop Linz", "Studio Nord"),
    (("Espresso beans, 1 kg", 2700), ("Filter roast, 1 kg", 2950), ("Barista training", 62000)),
)
NORTHLIGHT = Company(
    "Northlight Studio",
    "GBP",
    (GRACE, DANIEL, AIKO),
    ("Pemberton & Co", "Tidal Energy Trust", "Orchard Street School", "Marlow Books"),
    (("Design, day", 54000), ("Illustration", 31000), ("Print supervision", 18500)),
)
HARBOUR = Company(
    "Harbour Bikes",
    "USD",
    (LUIS, EMMA, NOAH, INES),
    ("City of Port Ellis", "Pelican Tours", "Wharf 9 Apartments", "Dana Whitfield"),
    (("City bike, monthly", 8900), ("Cargo bike, monthly", 14900), ("Full service", 12000)),
)
COMPANIES = (KESTREL, NORTHLIGHT, HARBOUR)


clock = Clock(random.Random(21))  # noqa: S311 (a story, not a secret)


def play(app: Flask) -> None:
    """Act out the whole story. The same every time, but for the dates and random keys."""
    now = time.time_ns() // 1_000_000
    audit.before_record(clock.dated)
    try:
        found_companies(app, begin(now))
        work(app, begin(now) + DAY, now - 3 * HOUR)
        for ago, scene in ENDING.items():
            clock.set(now - ago)
            scene(app)
    finally:
        clock.stop()


def found_companies(app: Flask, at: int) -> None:
    """Four accounts are opened in a morning, one of them by who runs Ledgerly."""
    for number, company in enumerate((LEDGERLY, *COMPANIES)):
        clock.set(at + number * HOUR)
        open_account(app, company)
        if company is LEDGERLY:
            app.test_cli_runner().invoke(args=["make-staff", SOFIA.email], catch_exceptions=False)


def work(app: Flask, after: int, before: int) -> None:
    """People come and go, and now and then something happens."""
    dice = random.Random(20)  # noqa: S311 (a story, not a secret)
    times = moments(after, before, VISITS, random.Random(22))  # noqa: S311 (as above)
    for number, at in enumerate(times):
        clock.set(at)
        company = dice.choice(COMPANIES)
        visit(app, company, dice.choice(company.people), dice)
        if number in SCENES:
            SCENES[number](app)


def verify(browser: Browser) -> None:
    """Follow the link that was sent."""
    found = re.search(r'http://localhost(/verify/[^"<\s]+)', browser.look("/outbox"))
    if found is None:
        raise StoryError("Nothing was sent.")
    browser.look(unescape(found[1]))


def open_account(app: Flask, company: Company) -> None:
    """The owner registers, adds the customers and invites the others, who join."""
    owner, *others = company.people
    browser = owner.at(app)
    browser.do(
        "/register",
        name=owner.name,
        email=owner.email,
        organization=company.name,
        currency=company.currency,
        password=owner.password,
    )
    verify(browser)
    for name in company.customers:
        address = re.sub(r"[^a-z]+", "-", name.lower().replace("é", "e"))
        browser.do("/customers/new", name=name, email=f"accounts@{address}.example")
    for person in others:
        browser.do("/members/", name=person.name, email=person.email, role=person.role)
        join(app, person, browser.look("/members/"))
    browser.do("/profile", "/logout")


def join(app: Flask, person: Person, page: str) -> None:
    """Open the address that the inviter passed on."""
    found = re.search(r'value="http://localhost(/join/[^"]+)"', page)
    if found is None:
        raise StoryError(f"No invitation for {person.name}.")
    person.at(app).do(unescape(found[1]), name=person.name, password=person.password)


def sign_in(browser: Browser, person: Person) -> None:
    browser.do("/login", email=person.email, password=person.password)


def visit(app: Flask, company: Company, person: Person, dice: random.Random) -> None:
    """Sign in, do what the role does, and mostly sign out."""
    browser = person.at(app)
    if dice.random() < 0.12:
        browser.send("/login", email=person.email, password=f"{person.password} ")
    sign_in(browser, person)
    if person.role.covers(Role.MEMBER):
        for _ in range(dice.randint(1, 3)):
            write_invoice(browser, company, dice)
    if person.role.covers(Role.ADMIN):
        take_payments(browser, dice)
    if dice.random() < 0.7:
        browser.do("/profile", "/logout")


def write_invoice(browser: Browser, company: Company, dice: random.Random) -> None:
    choices = re.findall(r'<option (?:selected )?value="(\d+)"', browser.look("/invoices/new"))
    issued = clock.today().date() - timedelta(days=dice.randint(0, 3))
    filled = {
        "customer": dice.choice(choices),
        "issued": issued.isoformat(),
        "due": (issued + timedelta(days=30)).isoformat(),
    }
    for number, (name, price) in enumerate(dice.sample(company.wares, dice.randint(1, 3))):
        filled[f"lines-{number}-description"] = name
        filled[f"lines-{number}-quantity"] = str(dice.randint(1, 12))
        filled[f"lines-{number}-price"] = f"{price / 100:.2f}"
    place = browser.do("/invoices/new", **filled)
    if dice.random() < 0.2:
        filled["lines-0-quantity"] = str(dice.randint(13, 20))
        browser.do(f"{place}/edit", **filled)
    if dice.random() < 0.85:
        browser.do(place, f"{place}/send")


def take_payments(browser: Browser, dice: random.Random) -> None:
    """Some of the open invoices are paid; now and then a draft was a mistake."""
    for place in waiting(browser, "sent")[-4:]:
        if dice.random() < 0.4:
            method = dice.choice(["bank transfer", "bank transfer", "card"])
            browser.do(place, f"{place}/pay", method=method, reference=f"R{dice.randint(100, 999)}")
    drafts = waiting(browser, "draft")
    if drafts and dice.random() < 0.3:
        browser.do(drafts[-1], f"{drafts[-1]}/void")


def waiting(browser: Browser, status: str) -> list[str]:
    """The addresses of the invoices in this state, newest first."""
    return re.findall(r'href="(/invoices/\d+)"', browser.look(f"/invoices?status={status}"))


def member_form(browser: Browser, person: Person) -> str:
    """Where the form leads that changes the role of *person*."""
    found = re.search(
        rf'action="(/members/\d+)">\s*<input[^>]*>\s*<select[^>]*aria-label="Role of {person.name}"',
        browser.look("/members/"),
    )
    if found is None:
        raise StoryError(f"{person.name} is not in the list of members.")

    return found[1]


def a_viewer_tries_to_void_an_invoice(app: Flask) -> None:
    browser = JONAS.at(app)
    sign_in(browser, JONAS)
    place = waiting(browser, "sent")[0]
    browser.send(place, f"{place}/void")


def somebody_guesses_at_an_owner(app: Flask) -> None:
    browser = Browser(app, "198.51.100.240", SCRIPT)
    for guess in ("luis123", "harbour2026", "Password1!", "bikes4ever", "letmein-please"):
        browser.send("/login", email=LUIS.email, password=guess)
    for address in ("admin", "info", "root"):
        browser.send("/login", email=f"{address}@harbourbikes.example", password="Password1!")  # noqa: S106 (a wrong guess)


def the_owner_hears_of_it_and_changes_the_password(app: Flask) -> None:
    browser = LUIS.at(app)
    sign_in(browser, LUIS)
    browser.look("/audit/")
    new = "tandem-across-the-bay"
    form = {"password": new, "again": new}
    browser.send("/profile", "/profile/password", current="luis-keeps-the-boats", **form)
    browser.do("/profile", "/profile/password", current=LUIS.password, **form)


def a_member_becomes_an_admin(app: Flask) -> None:
    browser = MAYA.at(app)
    sign_in(browser, MAYA)
    browser.do("/members/", member_form(browser, PRIYA), role=Role.ADMIN)


def an_owner_changes_her_name(app: Flask) -> None:
    browser = GRACE.at(app)
    sign_in(browser, GRACE)
    browser.do("/profile", name="Grace Bennett-Shaw", email=GRACE.email)


def a_card_number_is_written_where_it_does_not_belong(app: Flask) -> None:
    """The app keeps it, being what was typed. The log masks it."""
    browser = TOMAS.at(app)
    sign_in(browser, TOMAS)
    write_invoice(browser, KESTREL, random.Random(4))  # noqa: S311 (a story, not a secret)
    place = waiting(browser, "sent")[0]
    browser.do(place, f"{place}/pay", method="card", reference="by phone, 4111 1111 1111 1111")


def customers_are_reminded(app: Flask) -> None:
    """And somebody takes all addresses home."""
    browser = AIKO.at(app)
    sign_in(browser, AIKO)
    for place in waiting(browser, "sent")[:2]:
        browser.do(place, f"{place}/remind")
    jobs.finish()
    browser.client.get("/customers.csv")


def a_member_leaves(app: Flask) -> None:
    browser = EMMA.at(app)
    sign_in(browser, EMMA)
    browser.do("/members/", f"{member_form(browser, NOAH)}/remove")
    removed = NOAH.at(app)
    sign_in(removed, NOAH)
    removed.look("/invoices")


def an_admin_goes_too_far(app: Flask) -> None:
    """An admin makes an admin of a viewer, and an owner takes it back."""
    for person, role in ((EMMA, Role.ADMIN), (LUIS, Role.VIEWER)):
        browser = person.at(app)
        sign_in(browser, person)
        browser.do("/members/", member_form(browser, INES), role=role)


# After which visit what happens.
SCENES: Mapping[int, Callable[[Flask], None]] = {
    5: an_owner_changes_her_name,
    8: customers_are_reminded,
    11: a_viewer_tries_to_void_an_invoice,
    16: a_member_becomes_an_admin,
    21: a_card_number_is_written_where_it_does_not_belong,
    26: an_admin_goes_too_far,
}
# How long ago the last things happened.
ENDING: Mapping[int, Callable[[Flask], None]] = {
    100 * MINUTE: somebody_guesses_at_an_owner,
    45 * MINUTE: the_owner_hears_of_it_and_changes_the_password,
    15 * MINUTE: a_member_leaves,
}
