"""A host with RQ, and its jobs. Read by the test and its workers."""

from __future__ import annotations

import os
from typing import Any

import flask_login
from flask import Flask
from redis import Redis
from rq import Callback
from rq import Queue

from flask_auditlog import AuditLog
from flask_auditlog.work.rq import Job
from tests.apps import User

audit = AuditLog()


def _user(user_id: str) -> User:
    return User(user_id, email=f"{user_id}@acme.test")


def create_app() -> Flask:
    app = Flask("rq_host")
    app.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL=os.environ["HOST_DATABASE_URL"])
    audit.init_app(app)
    flask_login.LoginManager(app).user_loader(_user)

    @app.get("/login/<user_id>")
    def login(user_id: str) -> str:
        flask_login.login_user(_user(user_id))
        return "in"

    @app.get("/send/<name>")
    def send(name: str) -> str:
        with audit.actor(on_behalf_of="boss"):
            audit.record("sent", details={"name": name})
            queue().enqueue(
                f"tests.actor.rq_host.{name}",
                on_success=Callback("tests.actor.rq_host.succeeded"),
                on_failure=Callback("tests.actor.rq_host.failed"),
            )
        return "ok"

    return app


def queue(*, is_async: bool = True) -> Queue:
    return Queue(
        connection=Redis.from_url(os.environ["HOST_REDIS_URL"]), job_class=Job, is_async=is_async
    )


def recorded(type: str) -> None:
    with create_app().app_context():
        audit.record(type)


def work() -> None:
    recorded("worked")


async def wait() -> None:
    recorded("waited")


def fail() -> None:
    recorded("failing")
    raise ZeroDivisionError


def succeeded(job: Job, connection: Redis, result: Any) -> None:
    recorded("succeeded")


def failed(job: Job, connection: Redis, *error: Any) -> None:
    recorded("failed")
