"""Typing commands."""

from __future__ import annotations

from typing import Any

from click.testing import Result
from flask import Flask

OPERATOR = "olga"


def run(app: Flask, *words: str, **more: Any) -> Result:
    """Run `flask auditlog …` as the operator."""
    env = {"LOGNAME": OPERATOR, **more.pop("env", {})}
    result: Result = app.test_cli_runner().invoke(args=["auditlog", *words], env=env, **more)
    return result


def ok(app: Flask, *words: str) -> str:
    """Run a command that must succeed, and return what it wrote to standard output."""
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(app: Flask, *words: str) -> str:
    """Run a command that must fail, and return the one line that says why."""
    result = run(app, *words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line
