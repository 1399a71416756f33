"""The pytest plugin: fixtures of what was recorded, and ``--audit-strict``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from .listening import recorded
from .recorded import Recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("auditlog", "the audit log of a Flask app")
    group.addoption(
        "--audit-strict",
        action="store_true",
        help="Fail a test whose state-changing request left no event in the audit log.",
    )
    group.addoption(
        "--audit-seen",
        type=Path,
        metavar="FILE",
        help="Write what the tests saw recorded, for `flask auditlog coverage --seen FILE`.",
    )
    parser.addini("audit_strict", "As --audit-strict.", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    strict = config.getoption("audit_strict") or config.getini("audit_strict")
    seen = config.getoption("audit_seen")
    if strict or seen:
        # It imports Flask, which who did not ask for it does not want so early.
        watching = import_module("flask_auditlog.testing.watching")
        watch = watching.Watch(strict=strict, seen=seen)
        config.pluginmanager.register(watch, "auditlog-watch")


@pytest.fixture
def audited() -> Iterator[Recorded]:
    """The events that are recorded in this test, in order, and what to assert of them."""
    with recorded() as events:
        yield events


@pytest.fixture
def assert_recorded(audited: Recorded) -> Callable[..., object]:
    """``assert_recorded(type=…, actor=…, changes=…, details=…)``: see :class:`Recorded`."""
    return audited.assert_recorded


@pytest.fixture
def assert_nothing_recorded(audited: Recorded) -> Callable[..., None]:
    """Fails if anything was recorded in this test, or anything that is as expected."""
    return audited.assert_nothing_recorded
