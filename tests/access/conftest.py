from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

import pytest

from tests.apps import make_app as make_app
from tests.apps import MakeApp

if TYPE_CHECKING:
    from tests.access.authenticator import Authenticator
    from tests.access.person import Person


MakePerson = Callable[..., "Person"]


@pytest.fixture
def make_person(make_app: MakeApp) -> MakePerson:
    """Make somebody who uses an app with all of Flask-Security."""
    pytest.importorskip("flask_security")
    pytest.importorskip("nh3")
    secured = import_module("tests.access.secured")

    def make(oauth: type[Any] | None = None, **config: Any) -> Person:
        app = make_app(**{**secured.EVERYTHING, **config})
        someone: Person = secured.secured(app, oauth)
        return someone

    return make


@pytest.fixture
def person(make_person: MakePerson) -> Person:
    """Somebody who uses an app with all of Flask-Security."""
    return make_person()


@pytest.fixture
def passkey() -> Authenticator:
    """A passkey of theirs."""
    pytest.importorskip("cbor2")
    module = import_module("tests.access.authenticator")
    made: Authenticator = module.Authenticator()
    return made
