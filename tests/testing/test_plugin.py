"""The pytest plugin, in a real run of pytest on a real app."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.testing.running import ROOT
from tests.testing.running import RunTests

pytest_plugins = ["pytester"]


def test_a_test_sees_what_it_recorded(run_tests: RunTests) -> None:
    done = run_tests("""
        def test_pay(client, audited):
            assert client.post("/pay/1").status_code == 200
            client.post("/note")
            assert audited.types == ["invoice.paid", "access.REQUEST"]
            assert audited[0].details == {"amount": 12}
            assert [event.resource_path for event in audited[:1]] == ["invoices/1"]
            assert len(audited) == 2

        def test_another_begins_anew(audited, assert_nothing_recorded):
            assert list(audited) == []
            assert_nothing_recorded()
    """)
    done.assert_outcomes(passed=2)


def test_the_assertion_gives_the_event(run_tests: RunTests) -> None:
    done = run_tests("""
        def test_pay(client, assert_recorded):
            client.post("/pay/1")
            event = assert_recorded(type="invoice.*", actor=None, details={"amount": 12}, count=1)
            assert event.resource_path == "invoices/1"
    """)
    done.assert_outcomes(passed=1)


def test_a_failed_assertion_says_what_there_is_instead(run_tests: RunTests) -> None:
    done = run_tests("""
        def test_pay(client, assert_recorded):
            client.post("/note")
            client.post("/pay/7")
            assert_recorded(type="invoice.paid", details={"amount": 13})
    """)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E *AssertionError: No event is as expected:",
            "E * type = 'invoice.paid'",
            "E * details = {'amount': 13}",
            "E * 2 events were recorded:",
            "E * 1. access.REQUEST /note",
            "E * 2. invoice.paid invoices/7",
            "E * details.amount: expected 13, found 12",
        ]
    )
    # The traceback ends in the test, not in the plugin.
    done.stdout.no_fnmatch_line("*recorded.py:*")


def test_a_failed_assertion_says_what_could_not_be_recorded(run_tests: RunTests) -> None:
    done = run_tests("""
        import pytest
        from flask_auditlog.errors import InvalidEvent
        from shop import audit

        def test_it(app, audited):
            with pytest.raises(InvalidEvent):
                audit.record("")
            audited.assert_recorded()
    """)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["E * anything", "E * 0 events were recorded.", "E * Not recorded, for an error: Invalid*"]
    )


def test_nothing_recorded_fails_for_an_event(run_tests: RunTests) -> None:
    done = run_tests("""
        def test_it(client, assert_nothing_recorded):
            client.post("/pay/7")
            assert_nothing_recorded()
    """)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["E *Nothing should be recorded, but 1 event was:", "E * 1. invoice.paid invoices/7"]
    )


def test_all_apps_that_a_test_makes_are_heard(run_tests: RunTests) -> None:
    done = run_tests("""
        from shop import create_app

        def test_two_apps(audited):
            create_app().test_client().post("/pay/1")
            create_app().test_client().post("/pay/2")
            assert [event.resource_path for event in audited] == ["invoices/1", "invoices/2"]
    """)
    done.assert_outcomes(passed=1)


def test_unittest_has_the_same_without_pytest(run_tests: RunTests) -> None:
    source = """
        import unittest
        from flask_auditlog.testing import recorded
        from shop import create_app

        class TestPay(unittest.TestCase):
            def test_pay(self):
                with recorded() as events:
                    create_app().test_client().post("/pay/1")
                events.assert_recorded(type="invoice.paid")
                with recorded() as events:
                    pass
                events.assert_nothing_recorded()
    """
    run_tests(source).assert_outcomes(passed=1)
    program = "import sys; sys.modules['pytest'] = None; import unittest; unittest.main(None)"
    done = subprocess.run(
        [sys.executable, "-c", program, "discover"], capture_output=True, check=False
    )
    assert b"Ran 1 test" in done.stderr
    assert done.returncode == 0, done.stderr


def test_loading_the_plugin_imports_neither_flask_nor_our_rooms() -> None:
    program = "import flask_auditlog.testing.plugin, sys; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    others = {"blinker", "flask", "marshmallow", "msgspec", "sqlalchemy", "werkzeug"}
    assert others.isdisjoint(loaded)
    assert [name for name in loaded if name.startswith("flask_auditlog")] == [
        "flask_auditlog",
        "flask_auditlog.testing",
        "flask_auditlog.testing.expected",
        "flask_auditlog.testing.listening",
        "flask_auditlog.testing.plugin",
        "flask_auditlog.testing.recorded",
    ]


def test_the_plugin_can_be_left_out(run_tests: RunTests) -> None:
    source = "def test_it(audited): pass"
    done = run_tests(source, "-p", "no:auditlog", loaded=False)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*fixture 'audited' not found"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_workers_do_not_hear_each_other(run_tests: RunTests, workers: str) -> None:
    done = run_tests(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_pay(client, audited, number):
            client.post(f"/pay/{number}")
            assert [event.resource_path for event in audited] == [f"invoices/{number}"]
        """,
        "-n",
        workers,
    )
    done.assert_outcomes(passed=6)
