"""A fuzzer reads the API's own description, and sends what it says and what it does not.

No answer is a server error, and none is one that the description does not tell of. With
``AUDITLOG_FUZZ=200`` so many examples of each address are tried, right and wrong ones.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings

from flask_auditlog import AuditLog
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.web.api.routes import ROUTES
from tests.web.api.conftest import Log
from tests.web.api.planted import plant

schemathesis = pytest.importorskip("schemathesis")
GenerationMode = schemathesis.GenerationMode

EXAMPLES = int(os.environ.get("AUDITLOG_FUZZ", "8"))
# All but the description, which is what is read to begin with; and what stands beside the pages.
VIEWS = {path.rpartition(".")[2] for views in ROUTES.values() for path in views.values()}
NAMES = sorted(VIEWS - {"openapi"} | {"healthz", "metrics"})
# What it is about: the answers. Whether what is right is accepted, other tests know better: not
# all of it can be said in a schema.
LEFT_OUT = ("positive_data_acceptance", "ignored_auth", "use_after_free")

# Also where the shrinking of a failure would take minutes.
bounded = settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    derandomize="AUDITLOG_FUZZ" not in os.environ,
    database=None,
)


@pytest.fixture(scope="module")
def log() -> Log:
    app = Flask(__name__)
    app.config.update(
        TESTING=True,
        SECRET_KEY="test",
        AUDITLOG_RATE_LIMIT=None,
        AUDITLOG_WEBHOOKS={"per_realm": 100_000},
    )
    return Log(app, AuditLog(app))


@pytest.fixture(scope="module")
def token(log: Log) -> str:
    return log.token(*PERMISSIONS)


@pytest.fixture(scope="module")
def operations(log: Log) -> dict[str, Any]:
    schema = schemathesis.openapi.from_wsgi("/audit/openapi.json", log.app)
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.definition.raw["operationId"]: each for each in found}


@pytest.mark.parametrize("mode", ["right", "elsewhere", "wrong"])
@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_outside_the_description(
    log: Log, token: str, operations: dict[str, Any], name: str, mode: str
) -> None:
    operation = operations[name]
    known = plant(log, token)
    names = {each.name for each in operation.path_parameters}
    # What is right may be asked of what is there, or of what is not.
    fixed = {each: known[each] for each in names if mode != "elsewhere" or each == "realm"}
    if mode == "wrong" and not (operation.query or operation.body):
        # Nothing can be wrong but the path.
        fixed = {}
    if mode != "right" and not names - fixed.keys() and not (operation.query or operation.body):
        return
    generated = GenerationMode.NEGATIVE if mode == "wrong" else GenerationMode.POSITIVE
    left_out = [schemathesis.checks.CHECKS.get_one(each) for each in LEFT_OUT]

    @bounded
    @given(case=operation.as_strategy(generation_mode=generated, path_parameters=fixed))
    def fuzzed(case: Any) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"}, excluded_checks=left_out
        )

    fuzzed()
