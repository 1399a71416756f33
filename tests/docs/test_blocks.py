"""What the documentation shows is run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import flask_login
import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import parse_query
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.settings import Settings
from tests.docs import pages

FILE = re.compile(r"[\w-]+\.\w+")


def namespace() -> dict[str, Any]:
    """Return what a page may take for granted: an app with a login and an audit log."""
    app = Flask("documented")
    app.config.update(TESTING=True, SECRET_KEY="documented")
    flask_login.LoginManager(app).user_loader(lambda user_id: None)
    audit = AuditLog(app)
    return {
        "__name__": "documented",
        "app": app,
        "audit": audit,
        "current_user": flask_login.current_user,
    }


@pytest.mark.parametrize("page", pages.with_blocks("python"), ids=pages.name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path) -> None:
    names = namespace()
    with names["app"].test_request_context():
        for code in pages.blocks(page, "python"):
            exec(compile(code, pages.name(page), "exec"), names)
    Settings.from_config(names["app"].config)


@pytest.mark.parametrize("page", pages.with_blocks("json"), ids=pages.name)
def test_the_json_of_a_page_is_json(page: Path) -> None:
    for code in pages.blocks(page, "json"):
        json.loads(code)


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words after `flask auditlog` of each command a page shows."""
    for code in pages.blocks(page, "console"):
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if "flask" in words and "auditlog" in words:
                end = words.index(">") if ">" in words else len(words)
                yield words[words.index("auditlog") + 1 : end]


SHOWN = [(page, words) for page in pages.PAGES for words in commands(page)]


@pytest.mark.parametrize(
    ("page", "words"),
    SHOWN,
    ids=[f"{pages.name(page)}: {shlex.join(words)}" for page, words in SHOWN],
)
def test_a_command_of_a_page_can_be_typed(
    page: Path, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in words:
        # What it reads must be there. What is no file's name does no harm as one.
        if FILE.fullmatch(word):
            (tmp_path / word).touch()
    command: click.Command = namespace()["app"].cli.commands["auditlog"]
    with click.Context(command) as context:
        while isinstance(command, click.Group):
            found = command.get_command(context, words[0])
            assert found is not None, words[0]
            command, words = found, words[1:]
        # Parsed only: an unknown option or a wrong value raises a UsageError.
        command.make_context("auditlog", words, parent=context)


QUERIES = [
    line
    for code in pages.blocks(pages.DOCS / "reference" / "query.md", "text")
    for line in code.splitlines()
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_reference_finds_something_or_nothing(query: str) -> None:
    names = namespace()
    scope = Scope(realm="default", organization_id=None)
    with names["app"].app_context():
        found = names["audit"].events.find(Query(more=parse_query(query)), scope, limit=1)
    assert found.records == ()


LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target
