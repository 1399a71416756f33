"""A host with Celery, as Flask's documentation makes one. Read by the test and its workers."""

from __future__ import annotations

import os
from typing import Any

import flask_login
from celery import Celery
from celery import Task
from flask import Flask

from flask_auditlog import AuditLog
from tests.apps import User

audit = AuditLog()


def _user(user_id: str) -> User:
    return User(user_id, email=f"{user_id}@acme.test")


def create_app() -> Flask:
    app = Flask("celery_host")
    app.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL=os.environ["HOST_DATABASE_URL"])
    audit.init_app(app)
    flask_login.LoginManager(app).user_loader(_user)
    celery_of(app)

    @app.get("/login/<user_id>")
    def login(user_id: str) -> str:
        flask_login.login_user(_user(user_id))
        return "in"

    @app.get("/send/<name>")
    def send(name: str) -> str:
        with audit.actor(on_behalf_of="boss"):
            audit.record("sent", details={"name": name})
            app.extensions["celery"].tasks[name].delay()
        return "ok"

    return app


def celery_of(app: Flask) -> Celery:
    class FlaskTask(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("celery_host", task_cls=FlaskTask)
    celery.conf.update(
        broker_url=os.environ["HOST_REDIS_URL"],
        task_ignore_result=True,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
    )
    app.extensions["celery"] = celery

    @celery.task(shared=False, name="work")
    def work() -> None:
        audit.record("worked")

    @celery.task(shared=False, name="fail")
    def fail() -> None:
        audit.record("failed")
        raise ZeroDivisionError

    @celery.task(shared=False, name="more", bind=True)
    def more(self: Any) -> None:
        audit.record("tried")
        if self.request.retries == 0:
            raise self.retry(countdown=0)
        work.delay()

    return celery


if "HOST_DATABASE_URL" in os.environ:
    celery_app = create_app().extensions["celery"]
