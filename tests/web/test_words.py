"""In which language the pages speak, and that translations are text."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.event import encode
from flask_auditlog.state import of
from flask_auditlog.web import words
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.screen import Element
from tests.web.admin.screen import read
from tests.web.catalogue import compile_to

FRENCH = {
    "Types of events": "Types d'événements",
    "%(number)s type\0%(number)s types": "%(number)s genre\0%(number)s genres",
    "Copy": "Copier",
    "That cannot be searched for": "Recherche impossible",
}


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Catalogues of an app: French, that of Switzerland, and English in other words."""
    compile_to(tmp_path, "fr", FRENCH)
    compile_to(tmp_path, "fr_CH", {"Types of events": "Genres d'événements"})
    compile_to(tmp_path, "en", {"Types of events": "Kinds of events"})
    return tmp_path


def host_of(places: Path, **config: Any) -> Flask:
    """A host whose admin may see everything."""
    host, audit = make_host(AUDITLOG_TRANSLATIONS=[str(places)], **config)

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        return bool(current_user.is_authenticated)

    return host


def types(client: FlaskClient, asked: str | None = None) -> Element:
    """The page of types, for a browser that asks for a language."""
    headers = {} if asked is None else {"Accept-Language": asked}
    return read(client.get("/audit/types", headers=headers).text)


def spoken(page: Element) -> tuple[str, str]:
    """The language a page says it is in, and its heading."""
    return page.all("html")[0].attrs["lang"], page.all("h1")[0].text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, ("en", "Kinds of events")),
        ("fr", ("fr", "Types d'événements")),
        ("fr-CA, en;q=0.5", ("fr", "Types d'événements")),
        ("fr-CH", ("fr-CH", "Genres d'événements")),
        ("nl, fr;q=0.3, en;q=0.2", ("fr", "Types d'événements")),
        ("fr;q=0", ("en", "Kinds of events")),
        ("nl", ("en", "Kinds of events")),
        ("../../fr, *, " + "x" * 5000, ("en", "Kinds of events")),
    ],
)
def test_a_page_speaks_the_best_language_that_the_browser_asks_for(
    places: Path, asked: str | None, said: tuple[str, str]
) -> None:
    assert spoken(types(entered(host_of(places), "admin"), asked)) == said


def test_a_kind_of_a_language_says_in_the_language_itself_what_it_does_not_say(
    places: Path,
) -> None:
    page = types(entered(host_of(places), "admin"), "fr-CH")
    assert "Copier" in page.all("body")[0].attrs["data-words"]


def test_the_next_page_is_in_its_own_language(places: Path) -> None:
    client = entered(host_of(places), "admin")
    said = [spoken(types(client, asked))[0] for asked in ("fr", None, "fr")]
    assert said == ["fr", "en", "fr"]


def test_a_language_in_the_settings_is_that_of_all(places: Path) -> None:
    client = entered(host_of(places, AUDITLOG_LANGUAGE="fr-BE"), "admin")
    assert spoken(types(client, "en"))[0] == "fr"


@pytest.mark.parametrize(("chosen", "said"), [("fr_FR", "fr"), ("nl", "en"), (None, "fr-CH")])
def test_a_host_with_flask_babel_chooses(
    places: Path, monkeypatch: pytest.MonkeyPatch, chosen: str | None, said: str
) -> None:
    host = host_of(places)
    host.extensions["babel"] = object()
    babel = SimpleNamespace(get_locale=lambda: chosen)
    monkeypatch.setitem(sys.modules, "flask_babel", babel)
    assert spoken(types(entered(host, "admin"), "fr-CH"))[0] == said


def test_flask_babel_that_is_not_of_this_app_is_not_asked(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "flask_babel", SimpleNamespace(get_locale=lambda: "fr"))
    assert spoken(types(entered(host_of(places), "admin")))[0] == "en"


def test_a_number_has_its_form(places: Path) -> None:
    host = host_of(places, AUDITLOG_CAPTURE={"logins": False, "requests": False})
    client = entered(host, "admin")
    said = []
    for type_ in ("invoice.paid", "invoice.sent"):
        with host.app_context():
            of(host).store.append([encode(event(type_))])
        said.append(types(client, "fr").all("h2")[0].text)
    # That the page was read is a type too.
    assert said == ["1 genre", "3 genres"]


def test_what_is_not_translated_is_english(places: Path) -> None:
    page = types(entered(host_of(places), "admin"), "fr")
    assert "Coverage" in page.all("nav")[0].text


def test_a_refusal_is_translated(places: Path) -> None:
    client = entered(host_of(places), "admin")
    answer = client.get("/audit/actor", headers={"Accept-Language": "fr"})
    assert read(answer.text).all("h1")[0].text == "Recherche impossible"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("actr:alice", "Unbekanntes Feld `actr` bei 1: meinten Sie `actor`?"),
        ("ip:x", "`ip` bei 4 muss eine IP-Adresse sein oder ein Netz wie 10.0.0.0/8."),
        ("a (b", "Die Klammer, die bei 3 öffnet, wird nicht geschlossen."),
        ("%(v1)s%s (", "Die Klammer, die bei 10 öffnet, wird nicht geschlossen."),
    ],
)
def test_what_is_wrong_with_a_query_is_said_in_the_language_of_the_page(
    places: Path, query: str, said: str
) -> None:
    client = entered(host_of(places), "admin")
    answer = client.get("/audit/", query_string={"q": query}, headers={"Accept-Language": "de"})
    faults = read(answer.text).all("span", id="q-error")
    assert (answer.status_code, faults[0].text) == (400, said.replace("`", ""))


def test_what_a_setting_does_is_translated(places: Path) -> None:
    client = entered(host_of(places), "admin")
    answer = client.get("/audit/settings", headers={"Accept-Language": "de"})
    assert "Wo die Verwaltungsseiten sind." in answer.text


def test_why_something_is_covered_is_translated_but_not_the_reason_of_the_host(
    places: Path,
) -> None:
    probe = {"path": "/probe", "record": False, "reason": "seen by nobody"}
    host = host_of(places, AUDITLOG_CAPTURE={"rules": [probe, {"path": "/pay"}]})
    for path in ("/probe", "/pay", "/other"):
        host.add_url_rule(path, path.strip("/"), lambda: "", methods=["POST"])
    client = entered(host, "admin")
    page = read(client.get("/audit/coverage", headers={"Accept-Language": "de"}).text)
    rows = {row.one("th").text: row.all("td") for row in page.all("tr") if row.all("td")}
    said = {name: (cells[0].text, cells[-1].text) for name, cells in rows.items()}
    assert said["POST /probe"] == ("Route", "seen by nobody")
    assert said["POST /pay"] == ("Route", "Anfrage")
    assert said["user_accessed"] == (
        "Signal",
        "Wird gesendet, sooft der Benutzer angesehen wird.",
    )


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("action admin.A-CREATE", "Aktion admin.A-CREATE"),
        ("seen a.b, c.d", "gesehen: a.b, c.d"),
        ('exclude={Invoice: "why not"}', 'exclude={Invoice: "warum nicht"}'),
        ("audit.track(Invoice)", "audit.track(Invoice)"),
    ],
)
def test_what_stands_in_a_why_stays(places: Path, english: str, said: str) -> None:
    host = host_of(places)
    with host.test_request_context("/audit/", headers={"Accept-Language": "de"}):
        words.choose()
        assert words.told(english) == said


def test_a_sentence_of_an_error_that_nobody_translated_is_english(places: Path) -> None:
    client = entered(host_of(places), "admin")
    answer = client.get("/audit/?q=a+(b", headers={"Accept-Language": "fr"})
    assert "The parenthesis opened at 3 is not closed." in answer.text


def test_the_api_speaks_english(places: Path) -> None:
    host = host_of(places, AUDITLOG_LANGUAGE="fr")
    answer = host.test_client().get("/audit/realms/default/events")
    assert answer.get_json()["error"] == "unauthenticated"


def test_a_translation_is_text(tmp_path: Path) -> None:
    compile_to(
        tmp_path,
        "fr",
        {
            "Types of events": '<script>"</script>',
            "Times in %(zone)s": "<b>%(zone)s</b>",
            "Breadcrumb": '"><script>',
        },
    )
    text = (
        entered(host_of(tmp_path), "admin")
        .get("/audit/types", headers={"Accept-Language": "fr"})
        .text
    )
    assert "<h1>&lt;script&gt;&#34;&lt;/script&gt;</h1>" in text
    assert "&lt;b&gt;UTC&lt;/b&gt;" in text


def test_the_words_of_the_host_are_left_alone(places: Path) -> None:
    host = Flask("Ledgerly")
    host.jinja_env.globals.update(_=str.upper, gettext=str.upper, ngettext=str.upper)
    host.config.update(TESTING=True, AUDITLOG_TRANSLATIONS=[str(places)])
    host.secret_key = "for tests"
    extensions = dict(host.jinja_env.extensions)
    AuditLog(host)
    said = [host.jinja_env.globals[name] for name in ("_", "gettext", "ngettext")]
    assert said == [str.upper] * 3
    assert host.jinja_env.extensions == extensions


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"AUDITLOG_LANGUAGE": "tlh"},
            "AUDITLOG_LANGUAGE must be one of those there are: .*en.*fr",
        ),
        ({"AUDITLOG_LANGUAGE": ""}, "AUDITLOG_LANGUAGE must be one"),
        ({"AUDITLOG_TRANSLATIONS": ["nowhere"]}, "AUDITLOG_TRANSLATIONS: no .*mo is in .*nowhere"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    places: Path, config: dict[str, Any], said: str
) -> None:
    host = Flask("Ledgerly")
    host.config.update({"AUDITLOG_TRANSLATIONS": [str(places)]} | config)
    with pytest.raises(ConfigError, match=said):
        AuditLog(host)


def test_a_directory_is_sought_from_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_to(tmp_path / "words", "fr", FRENCH)
    host = Flask("Ledgerly", root_path=str(tmp_path))
    host.config.update(AUDITLOG_TRANSLATIONS=["words"], AUDITLOG_LANGUAGE="fr")
    AuditLog(host)
