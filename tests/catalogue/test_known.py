from __future__ import annotations

import re
from pathlib import Path

import pytest

import flask_auditlog
from flask_auditlog.capture import security
from flask_auditlog.capture.libraries import LIBRARIES
from flask_auditlog.recorder.catalogue.known import meaning

SOURCES = Path(flask_auditlog.__file__).parent.rglob("*.py")
SIGNALS = {name for library in LIBRARIES.values() for name in library.SIGNALS.values()}
EXPECTED = {f"access.{view.type}" for view in security._VIEWS.values()}  # noqa: SLF001
WRITTEN = {
    name
    for path in SOURCES
    for name in re.findall(r'"((?:access|system)\.[A-Z_]*[A-Z])"', path.read_text())
}


@pytest.mark.parametrize("name", sorted(WRITTEN | SIGNALS | EXPECTED))
def test_every_type_that_we_record_has_a_sentence(name: str) -> None:
    said = meaning(name)
    assert said is not None, "add it to recorder/catalogue/known.py"
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("type", "said"),
    [
        ("access.LOGIN", "Somebody logged in."),
        ("access.LOGIN_ERROR", "A login failed."),
        ("access.REQUEST_ERROR", None),
        ("access._ERROR", None),
        ("access.MINE", None),
        ("admin.USER_ROLE-UPDATE", "A user role was changed."),
        ("admin.INVOICE_LINE-CREATE", "An invoice line was created."),
        ("admin.UPLOAD-DELETE", "An upload was deleted."),
        ("admin.UNIT-DELETE", "A unit was deleted."),
        ("admin.INVOICE-ACTION", "Something was done with an invoice."),
        ("admin.AUDIT_LOG-ACTION", "Somebody read the audit log."),
        ("admin.USER-RENAME", None),
        ("admin.-UPDATE", None),
        ("admin.USER", None),
        ("system.MAINTENANCE", "Maintenance is planned."),
        ("system.MAINTENANCE_ERROR", None),
        ("invoice.paid", None),
    ],
)
def test_what_an_event_says(type: str, said: str | None) -> None:
    assert meaning(type) == said
