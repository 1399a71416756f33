"""``pytest --audit-strict`` and ``--audit-seen``, in real runs."""

from __future__ import annotations

import json

import pytest

from tests.testing.running import RunTests

pytest_plugins = ["pytester"]

SILENT = """
    import pytest
    from shop import create_app

    @pytest.fixture
    def quiet():
        return create_app(AUDITLOG_CAPTURE={"requests": False}).test_client()

    def test_recorded(client):
        client.post("/pay/1")
        client.post("/note")

    def test_silent(quiet):
        quiet.post("/pay/1")
        quiet.post("/note")

    @pytest.fixture
    def noted(quiet):
        quiet.post("/note")

    def test_silent_in_a_fixture(noted):
        pass

    def test_nothing_changed(quiet):
        quiet.get("/pay/1")
        quiet.post("/nowhere")

    def test_another_failure(quiet):
        quiet.post("/note")
        assert 1 == 2

    def test_off():
        create_app(AUDITLOG_ENABLED=False).test_client().post("/pay/3")

    def test_no_log():
        from flask import Flask
        app = Flask("bare")
        app.post("/")(lambda: "")
        app.test_client().post("/")
"""


def test_a_silent_request_fails_its_test(run_tests: RunTests) -> None:
    done = run_tests(SILENT, "--audit-strict", "-rA")
    done.assert_outcomes(passed=3, failed=4)
    done.stdout.fnmatch_lines_random(
        [
            "POST '/note' (note, 200) left no event in the audit log (--audit-strict).",
            "POST '/pay/3' (pay, 200) left no event in the audit log (--audit-strict).",
            "Record one with @audit.action or audit.record(), or say why not: *",
            "FAILED *::test_silent - *",
            "FAILED *::test_silent_in_a_fixture - *",
            "FAILED *::test_another_failure - assert*",
            "FAILED *::test_off - *",
        ]
    )
    done.stdout.no_fnmatch_line("*POST '/pay/1'*")


def test_nothing_is_strict_unless_asked(run_tests: RunTests) -> None:
    run_tests(SILENT).assert_outcomes(passed=6, failed=1)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_the_tests_saw_is_written_and_the_configuration_can_be_strict(
    pytester: pytest.Pytester, run_tests: RunTests, workers: str
) -> None:
    pytester.makeini("[pytest]\naudit_strict = true\npythonpath = .")
    done = run_tests(SILENT, "--audit-seen=seen.json", "-n", workers)
    done.assert_outcomes(passed=3, failed=4)
    seen = json.loads((pytester.path / "seen.json").read_text())
    assert seen["endpoints"] == {"note": ["access.REQUEST"], "pay": ["invoice.paid"]}


WRITES = """
    import sqlalchemy as sa
    from sqlalchemy import orm
    from shop import audit, create_app

    class Base(orm.DeclarativeBase): pass
    class Note(Base):
        __tablename__ = "notes"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    audit.track(Note)

    def test_writes(audited):
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        Base.metadata.create_all(engine)
        with create_app().app_context(), orm.Session(engine) as session:
            session.add(Note())
            session.flush()
            session.execute(sa.text("DELETE FROM notes"))
            session.commit()
            assert audited.types == ["admin.NOTE-CREATE", "admin.NOTE-DELETE"]
"""


def test_the_tables_that_were_written_to_are_written_down(
    pytester: pytest.Pytester, run_tests: RunTests
) -> None:
    run_tests(WRITES, "--audit-seen=seen.json").assert_outcomes(passed=1)
    seen = json.loads((pytester.path / "seen.json").read_text())
    assert seen["tables"] == {"notes": ["flush", "text"]}
    assert seen["types"] == ["admin.NOTE-CREATE", "admin.NOTE-DELETE"]
