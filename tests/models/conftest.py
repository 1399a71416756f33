from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_auditlog import AuditLog
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.models.host import Host

MakeHost = Callable[..., Host]


@pytest.fixture
def make_host(make_app: MakeApp, tmp_path: Path) -> Iterator[MakeHost]:
    """Make hosts with an app and a database, by default a SQLite file."""
    made: list[Host] = []

    def make(url: str | None = None, **more: Any) -> Host:
        audit = AuditLog()
        app = make_app(audit, **more.pop("config", {}))
        host = Host(app, audit, url or f"sqlite:///{tmp_path / f'host-{len(made)}.db'}", **more)
        made.append(host)
        return host

    yield make
    for host in made:
        host.close()


@pytest.fixture
def host(make_host: MakeHost) -> Host:
    return make_host()
