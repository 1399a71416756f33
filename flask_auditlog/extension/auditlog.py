"""``AuditLog``: the one place that knows every room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from .. import delivery
from .. import store as stores
from ..capture import libraries
from ..capture import models
from ..capture import noise
from ..capture import requests
from ..capture import statements
from ..capture.actions import Rules
from ..capture.models import Registry
from ..capture.models import Tracking
from ..cli import commands
from ..cli.greeting import greet
from ..errors import ConfigError
from ..event import Event
from ..event import Record
from ..hooks import Hooks
from ..recorder import Recorder
from ..recorder.catalogue import Catalogue
from ..recorder.catalogue import Checks
from ..recorder.catalogue.defining import Defining
from ..redact import Masker
from ..redact import matched
from ..settings import Settings
from ..signals import event_recorded
from ..state import current
from ..state import EXTENSION
from ..state import send
from ..state import State
from ..store.locate import check_url
from ..web import admin
from ..web import api
from ..web import viewer
from ..web import words
from ..web.csrf import exempt_from_csrf
from ..web.exports import exporter
from ..work import celery
from ..work import embedded
from ..work import hours
from ..work import sieve
from .acting import Acting
from .doors import Doors
from .migrating import hide_from_migrate
from .opening import engines
from .opening import open_store
from .opening import place_of
from .opening import Where
from .viewing import Viewing

Registered = tuple[dict[str, Callable[..., Any]], Registry, Catalogue]


class AuditLog(Doors, Acting, Rules, Tracking, Defining, Viewing, Hooks):
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
            engine, asynchronous or not, or a function that gives one (``lambda: db.engine``).
            Only its address is used: the log opens connections of its own.
        :raises ConfigError: when the app has an audit log already, or ``AUDITLOG_*`` is wrong.
        """
        if EXTENSION in app.extensions:
            raise ConfigError("This app already has an AuditLog. Import and use that one.")
        settings = Settings.from_config(app.config)
        if settings.database_url is not None:
            check_url(settings.database_url)
        delivery.check(settings)
        words.check(app.root_path, settings.language, settings.translations)
        if settings.worker == "embedded":
            embedded.check_threads()
        state = _state(app, settings, (self.hooks, self.tracked, self.catalogue), engine)
        pages, endpoints = admin.blueprint(settings), api.blueprint(settings)
        guests = viewer.blueprint(settings)
        for name in (pages.name, endpoints.name, guests.name):
            if name in app.blueprints:
                raise ConfigError(f"The app has a blueprint {name} already: give it another name.")

        # Nothing above this line touches the app, so a bad config leaves no trace.
        app.register_blueprint(pages, url_prefix=settings.url_prefix)
        app.register_blueprint(guests)
        app.register_blueprint(endpoints, url_prefix=settings.api_prefix or settings.url_prefix)
        app.extensions[EXTENSION] = state
        app.cli.add_command(commands)
        exempt_from_csrf(app, endpoints, guests)
        hide_from_migrate(app)
        _init_rooms(state, engine)
        greet(state, place_of(state, engine))

    @property
    def events(self) -> stores.SqlStore:
        """The log of the current app: ``find``, ``get``, ``count`` and ``stream``."""
        return current().store


def _init_rooms(state: State, engine: Where | None) -> None:
    embedded.init(state, lambda: engines(state, engine))
    delivery.init(state)
    exporter.init(state)
    if state.settings.enabled:
        for room in (hours, sieve, libraries, models, noise, requests, statements):
            room.init(state)
        celery.follow()


def _state(app: Flask, settings: Settings, registered: Registered, engine: Where | None) -> State:
    state: State
    hooks, tracked, catalogue = registered

    def enriched(event: Event) -> Event | None:
        hook = hooks.get("before_record")
        if hook is None:
            return None
        returned: Event | None = app.ensure_sync(hook)(event)
        return event if returned is None else returned

    recorder = Recorder(
        lambda: state.store,
        masker=Masker(
            settings.redact.names,
            settings.redact.keep,
            settings.redact.hash,
            matched=lambda text: matched(text, state.keys("match")[0]),
        ),
        limits=settings.limits,
        enrich=enriched,
        announce=lambda record: _announce(state, record),
        checks=Checks(catalogue=catalogue, invalid=settings.capture.invalid),
    )
    recorder.enabled = settings.enabled
    state = State(
        app=app,
        settings=settings,
        hooks=hooks,
        tracked=tracked,
        recorder=recorder,
        catalogue=catalogue,
        open_store=lambda *, upgrade: open_store(state, engine, upgrade=upgrade),
    )

    return state


def _announce(state: State, record: Record) -> None:
    delivery.woken(state)
    if event_recorded.receivers:
        send(state, event_recorded, record=record)
