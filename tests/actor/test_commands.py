"""Commands of the host are recorded as the user of the operating system."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from flask import Flask
from flask.cli import AppGroup

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from tests.apps import events
from tests.apps import last
from tests.cli.shell import ok

OLGA = {"LOGNAME": "olga"}


@pytest.fixture
def host(host: Flask, audit: AuditLog) -> Flask:
    users = AppGroup("users")

    @users.command("create")
    @click.argument("name")
    @click.option("--password")
    def create(name: str, password: str) -> None:
        audit.record("user.created")
        with audit.actor(user_id="7"):
            audit.record("named")
        host.test_client().get("/act")

    host.cli.add_command(users)
    return host


def test_a_command_is_recorded_as_whoever_typed_it(host: Flask) -> None:
    words = ["users", "create", "bob", "--password", "hunter2"]
    assert host.test_cli_runner().invoke(args=words, env=OLGA).exit_code == 0
    created, named, acted = events(host)
    assert created.auth_details == Actor(realm_id="default", username="olga", client_id="cli")
    assert created.user_agent == "flask users create"
    assert named.auth_details == Actor(realm_id="default", user_id="7")
    assert acted.auth_details == Actor(realm_id="default", ip_address="127.0.0.1")
    assert "hunter2" not in str(events(host))


def test_after_the_command_nobody_acts(host: Flask, audit: AuditLog) -> None:
    host.test_cli_runner().invoke(args=["users", "create", "bob"], env=OLGA)
    with host.app_context():
        audit.record("a")
    assert (last(host).auth_details, last(host).user_agent) == (None, None)


def test_a_job_that_a_command_runs_was_asked_for_by_no_one(host: Flask, audit: AuditLog) -> None:
    """Such as a worker that is started by a command of the host."""

    @host.cli.command("worker")
    def worker() -> None:
        with audit.resumed(None, program="rq a.b"):
            audit.record("worked")

    host.test_cli_runner().invoke(args=["worker"], env=OLGA)
    assert (last(host).auth_details, last(host).user_agent) == (None, "rq a.b")


def test_what_the_server_does_was_typed_by_no_one(host: Flask, audit: AuditLog) -> None:
    @host.cli.command("run")
    def run() -> None:
        audit.record("a")

    host.test_cli_runner().invoke(args=["run"], env=OLGA)
    assert last(host).auth_details is None


def test_another_program_made_with_click_is_not_ours(host: Flask, audit: AuditLog) -> None:
    @click.command()
    def worker() -> None:
        with host.app_context():
            audit.record("a")

    click.Group("celery", commands=[worker]).main(["worker"], standalone_mode=False)
    assert last(host).auth_details is None


def test_a_command_carries_who_typed_it(host: Flask, audit: AuditLog) -> None:
    told = []
    host.cli.command("send")(lambda: told.append(audit.carried()))
    host.test_cli_runner().invoke(args=["send"], env=OLGA)
    who = {"realmId": "default", "username": "olga", "clientId": "cli"}
    assert told == [{"realmId": "default", "authDetails": who}]


def test_our_own_commands_say_what_they_are(host: Flask, sqlite_url: str, tmp_path: Path) -> None:
    ok(host, "realm", "add", "acme")
    assert last(host).user_agent == "flask auditlog realm add"
