from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.apps import make_app as make_app
from tests.apps import MakeApp

if TYPE_CHECKING:
    from tests.access.authenticator import Authenticator
    from tests.access.person import Person


@pytest.fixture
def person(make_app: MakeApp) -> Person:
    """Somebody who uses an app with all of Flask-Security."""
    pytest.importorskip("flask_security")
    pytest.importorskip("nh3")
    secured = import_module("tests.access.secured")
    app = make_app(**secured.EVERYTHING)
    someone: Person = secured.secured(app)
    return someone


@pytest.fixture
def passkey() -> Authenticator:
    """A passkey of theirs."""
    pytest.importorskip("cbor2")
    module = import_module("tests.access.authenticator")
    made: Authenticator = module.Authenticator()
    return made
