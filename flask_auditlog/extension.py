"""``AuditLog``: the one place that knows every room."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from flask import has_request_context

from .capture import logins
from .capture import requests
from .cli import commands
from .cli.greeting import greet
from .errors import ConfigError
from .event import Actor
from .event import Event
from .event import Receipt
from .event import Record
from .hooks import Hooks
from .recorder import Recorder
from .recorder.given import draft_of
from .redact import Masker
from .settings import Settings
from .signals import event_failed
from .signals import event_recorded
from .state import acting
from .state import current
from .state import EXTENSION
from .state import request_context
from .state import send
from .state import State
from .state import visit
from .store import is_in_memory
from .store import memory_url
from .store import open_engine
from .store import SqlStore
from .store.locate import check_url
from .store.locate import locate
from .web import admin
from .web import api
from .web.csrf import exempt_from_csrf

Where = sa.Engine | Callable[[], sa.Engine]

_MEMORY = "sqlite://"


class AuditLog(Hooks):
    """Record, search and export what happens in a Flask application.

    ``AuditLog(app)``, or ``audit = AuditLog()`` and ``audit.init_app(app)`` in a factory.
    The object holds the hooks and nothing about an app, so one may serve many.
    """

    def __init__(self, app: Flask | None = None, *, engine: Where | None = None) -> None:
        super().__init__()
        if app is not None:
            self.init_app(app, engine=engine)

    def init_app(self, app: Flask, *, engine: Where | None = None) -> None:
        """Begin to record in *app*, and give it the admin pages, the API and the commands.

        :param engine: where the log lives, if ``AUDITLOG_DATABASE_URL`` does not say: an
            engine, or a function that gives one (``lambda: db.engine``). Only its address
            is used: the log opens connections of its own.
        :raises ConfigError: when the app has an audit log already, or ``AUDITLOG_*`` is wrong.
        """
        if EXTENSION in app.extensions:
            raise ConfigError("This app already has an AuditLog. Import and use that one.")
        settings = Settings.from_config(app.config)
        if settings.database_url is not None:
            check_url(settings.database_url)
        state = _state(app, settings, self.hooks, engine)
        pages, endpoints = admin.blueprint(settings), api.blueprint(settings)
        for name in (pages.name, endpoints.name):
            if name in app.blueprints:
                raise ConfigError(f"The app has a blueprint {name} already: give it another name.")

        # Nothing above this line touches the app, so a bad config leaves no trace.
        app.register_blueprint(pages, url_prefix=settings.url_prefix)
        app.register_blueprint(endpoints, url_prefix=settings.api_prefix or settings.url_prefix)
        app.extensions[EXTENSION] = state
        app.cli.add_command(commands)
        exempt_from_csrf(app, endpoints)
        if settings.enabled:
            logins.init(state)
            requests.init(state)
        greet(state, _place(state, engine))

    def record(
        self,
        type: str,  # noqa: A002 (the word of the wire format)
        *,
        error: str | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Receipt:
        """Record one event of your own; return once it is committed.

        :param type: what happened, as ``invoice.paid``.
        :param error: a code, when it failed.
        :param details: whatever you want to keep. Secrets are masked, by name and by shape.
        :param more: ``time`` (epoch milliseconds), ``organization_id``, ``operation_type``
            (``CREATE``, ``UPDATE``, ``DELETE`` or ``ACTION``), ``resource_type``,
            ``resource_path``, ``representation`` (the resource as JSON text), ``uid``.
        :raises InvalidEvent: when it is not an event the log can store.
        :raises StoreUnavailable: when the log cannot be reached.
        """
        state = current()
        if not state.settings.enabled:
            return Receipt(uid=None, state="disabled")
        try:
            draft = draft_of({"type": type, "error": error, "details": details, **more})
            receipt = state.recorder.record(draft, request_context("capture"))
        except Exception as failure:
            state.recorder.count("record_failed")
            send(state, event_failed, event=None, error=failure)
            raise
        if receipt.state == "committed" and has_request_context():
            visit().recorded += 1

        return receipt

    def access_event(
        self,
        name: str,
        *,
        error: str | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Receipt:
        """Record ``access.<name>``: ``LOGIN_ERROR``, ``REGISTER``, ``UPDATE_PASSWORD``, …

        With *error*, the name ends in ``_ERROR``; it is added if it does not.
        """
        if error is not None and not name.endswith("_ERROR"):
            name = f"{name}_ERROR"
        return self.record(f"access.{name}", error=error, details=details, **more)

    def admin_event(
        self,
        resource_type: str,
        operation: str,
        *,
        changes: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Receipt:
        """Record ``admin.<RESOURCE>-<OPERATION>``: what was done to a resource.

        :param operation: ``CREATE``, ``UPDATE``, ``DELETE`` or ``ACTION``.
        :param changes: ``{field: [old, new]}``; kept as ``details.changes``.
        """
        kept = {**(details or {}), **({"changes": dict(changes)} if changes else {})}

        return self.record(
            f"admin.{resource_type}-{operation}",
            resource_type=resource_type,
            operation_type=operation,
            details=kept or None,
            **more,
        )

    def system_event(self, name: str, *, details: Mapping[str, Any] | None = None) -> Receipt:
        """Record ``system.<name>``: what the system did by itself. It has no actor."""
        return self.record(f"system.{name}", details=details)

    def actor(
        self,
        *,
        user_id: str | None = None,
        username: str | None = None,
        organization_id: str | None = None,
        **more: Any,
    ) -> AbstractContextManager[Actor]:
        """Name who does what is recorded in the ``with`` block: in jobs and scripts.

        It wins over the request's user, address and session, and over its organization if
        it names one.

        :param more: ``client_id``, ``ip_address``, ``session_id``.
        """
        actor = Actor(user_id=user_id, username=username, **more)

        return acting(actor, organization_id)

    @property
    def events(self) -> SqlStore:
        """The log of the current app: ``find``, ``get``, ``count`` and ``stream``."""
        return current().store


def _state(
    app: Flask, settings: Settings, hooks: dict[str, Callable[..., Any]], engine: Where | None
) -> State:
    state: State

    def announce(record: Record) -> None:
        if event_recorded.receivers:
            send(state, event_recorded, record=record)

    def enriched(event: Event) -> Event | None:
        hook = hooks.get("before_record")
        if hook is None:
            return None
        returned: Event | None = app.ensure_sync(hook)(event)
        return event if returned is None else returned

    recorder = Recorder(
        lambda: state.store,
        masker=Masker(settings.redact.names, settings.redact.keep),
        limits=settings.limits,
        enrich=enriched,
        announce=announce,
    )
    recorder.enabled = settings.enabled
    state = State(
        app=app,
        settings=settings,
        hooks=hooks,
        recorder=recorder,
        open_store=lambda *, upgrade: _open_store(state, engine, upgrade=upgrade),
    )

    return state


def _open_store(state: State, engine: Where | None, *, upgrade: bool) -> SqlStore:
    """Find out where the log lives, and open it."""
    app, limits = state.app, state.settings.limits
    given = state.settings.database_url or engine or (_MEMORY if app.testing else None)
    with app.app_context():
        where = locate(
            _called(given),
            app.extensions.get("sqlalchemy"),
            instance=app.instance_path,
            debug=app.debug,
        )
    in_memory = is_in_memory(where)
    if in_memory:
        where = memory_url(f"auditlog-{uuid4().hex}")
    own = open_engine(where, query_seconds=limits.query_seconds)
    store = SqlStore(own, cursor_keys=state.keys("cursor"), limits=limits)
    try:
        if in_memory:
            store.create()
        elif upgrade or own.dialect.name == "sqlite":
            # SQLite is a file of ours; PostgreSQL is upgraded when its operator says so.
            store.upgrade()
        store.realms.add_all(state.settings.realms)
    except BaseException:
        store.close()
        raise

    return store


def _called(given: str | Where | None) -> str | sa.Engine | None:
    return given() if callable(given) else given


def _place(state: State, engine: Where | None) -> str:
    """Where the log will be, without opening it: the host's database may not be ready yet."""
    app = state.app
    if state.settings.database_url:
        return sa.make_url(state.settings.database_url).render_as_string(hide_password=True)
    if engine is not None or any(key.startswith("SQLALCHEMY_") for key in app.config):
        return "in the app's own database if that is PostgreSQL"
    if not app.debug and not app.testing:
        return "nowhere yet (set AUDITLOG_DATABASE_URL)"
    return f"sqlite:///{app.instance_path}/auditlog.db"
