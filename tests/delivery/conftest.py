from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps import make_app as make_app
from tests.apps import MakeApp

from .hooked import Hooked
from .hooked import LOOPBACK

MakeHooked = Callable[..., Hooked]


@pytest.fixture
def make_hooked(make_app: MakeApp, database_url: str) -> Iterator[MakeHooked]:
    """Make apps with webhooks, configured so, their log in each of the databases."""
    made: list[Hooked] = []

    def make(**webhooks: Any) -> Hooked:
        given = {"AUDITLOG_WEBHOOKS": webhooks, "AUDITLOG_DATABASE_URL": database_url}
        hooked = Hooked(make_app(**given, **LOOPBACK))
        hooked.state.upgrade()
        made.append(hooked)
        return hooked

    yield make
    for hooked in made:
        hooked.deliverer.close()


@pytest.fixture
def hooked(make_hooked: MakeHooked) -> Hooked:
    """An app with webhooks, its log in each of the databases."""
    return make_hooked()
