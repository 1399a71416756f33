"""Running pytest with the plugin, in a process of its own, on the tests of a small app."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# An environment that was installed before the plugin was does not know it by its name.
KNOWN = any(each.name == "auditlog" for each in entry_points(group="pytest11"))
LOADED = () if KNOWN else ("-p", "flask_auditlog.testing.plugin")

APP = """
from flask import Flask
from flask_auditlog import AuditLog

audit = AuditLog()

def create_app(**config):
    app = Flask("shop", root_path=".")
    app.config.update(TESTING=True, SECRET_KEY="dev", **config)
    audit.init_app(app)

    @app.post("/pay/<int:number>")
    def pay(number):
        audit.record("invoice.paid", resource_path=f"invoices/{number}", details={"amount": 12})
        return "paid"

    @app.post("/note")
    def note():
        return "noted"

    return app
"""

FIXTURES = """
import pytest
from shop import audit, create_app

@pytest.fixture
def app():
    return create_app()
"""

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def run_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunTests:
    """Run tests of the small app, as a user of pytest and pytest-flask would."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(shop=APP)
    pytester.makeconftest(FIXTURES)
    pytester.makeini("[pytest]\nfilterwarnings = error\npythonpath = .")

    def run(source: str, *options: str, loaded: bool = True) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*(LOADED if loaded else ()), *options)

    return run
