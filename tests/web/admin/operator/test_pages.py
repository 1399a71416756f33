"""What only an operator sees: coverage and settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_auditlog.settings import Settings
from flask_auditlog.web.admin.settings_page import groups_of
from tests.web.admin.conftest import entered
from tests.web.admin.webhooks.conftest import make_hooking
from tests.web.admin.webhooks.conftest import MAY
from tests.web.admin.webhooks.conftest import Person

PAGES = ("/audit/coverage", "/audit/settings")


@pytest.mark.parametrize("name", MAY)
def test_the_app_itself_is_the_operators(name: str, person: Callable[[str], Person]) -> None:
    one = person(name)
    is_operator = None in MAY[name]["manage-events"]
    for path in PAGES:
        assert one.client.get(path).status_code == (200 if is_operator else 403)
    if MAY[name]["view-events"]:
        menu = [each.text for each in one.look("/audit/webhooks").one("nav", "nav").all("a")]
        assert ("Settings" in menu) == ("Coverage" in menu) == is_operator
        assert ("Tokens" in menu) == bool(MAY[name]["manage-events"])


def test_coverage_is_what_the_command_says(admin: Person) -> None:
    page = admin.look("/audit/coverage")
    assert [each.one("dt").text for each in page.one("dl", "stats").all("div")] == [
        "Covered",
        "Uncovered",
        "Ignored",
        "Audited",
    ]
    assert "user_logged_in" in page.text


def test_a_setting_is_shown_with_what_it_does(admin: Person) -> None:
    rows = {
        row.one("th").text: row
        for row in admin.look("/audit/settings").all("tr")[1:]
        if row.all("td")
    }
    assert rows["AUDITLOG_URL_PREFIX"].all("td")[0].text == "'/audit'"
    assert "set" in rows["logins"].all("td")[0].text
    assert rows["page_size"].all("td")[1].text.startswith("Records on a page")


def test_no_secret_is_shown() -> None:
    host = make_hooking(
        AUDITLOG_KEYS=["k3y-one", "k3y-two"],
        AUDITLOG_REDIS_URL="redis://user:s3cr3t@cache:6379/0?password=s3cr3t",
        AUDITLOG_WEBHOOKS={
            "catch_all_url": "https://me:s3cr3t@hooks.example.com/in?token=s3cr3t",
            "catch_all_secret": "s3cr3t",
        },
    )
    text = entered(host, "admin").get("/audit/settings").text
    assert "s3cr3t" not in text
    assert "k3y" not in text
    assert "2 × [masked]" in text
    assert "redis://cache:6379/0" in text


def test_a_database_is_shown_without_its_password() -> None:
    url = "postgresql://me:p4ss@db.internal/log?sslpassword=p4ss"
    (row,) = [r for r in groups_of(Settings(database_url=url))[0].rows if "DATABASE" in r.key]
    assert row.value == "'postgresql://db.internal/log'"
    assert not row.is_default


def test_a_url_that_cannot_be_read_is_not_shown() -> None:
    (row,) = [r for r in groups_of(Settings(redis_url="redis://[p4ss"))[0].rows if "REDIS" in r.key]
    assert row.value == "[masked]"
