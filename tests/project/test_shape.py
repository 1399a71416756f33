"""A budget that is only advice does not hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "flask_auditlog").rglob("*.py"))
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def too_large(source: str) -> Iterator[str]:
    """Yield a sentence for each part of a module that is over its budget."""
    if len(source.splitlines()) > 300:
        yield "the module has over 300 lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and methods(node) > 12:
            yield f"{node.name} has over 12 public methods"
        if isinstance(node, FUNCTION) and length(node) > 40:
            yield f"{node.name} has over 40 lines"


def methods(node: ast.ClassDef) -> int:
    """Count the methods that are public."""
    return sum(isinstance(each, FUNCTION) and each.name[0] != "_" for each in node.body)


def length(node: FUNCTION) -> int:
    """Count the lines from ``def`` to the end, the docstring left out."""
    lines = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_keeps_its_budget(path: Path) -> None:
    assert list(too_large(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 301,
        "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(13)),
        "def f():\n" + "    x = 1\n" * 40,
        "def f():\n    '''One.'''\n" + "    x = 1\n" * 40,
    ],
    ids=["module", "class", "function", "docstring"],
)
def test_the_budget_sees_what_is_over_it(source: str) -> None:
    assert len(list(too_large(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 300,
        "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(12)),
        "def f():\n" + "    x = 1\n" * 39,
        "def f():\n    '''One.\n\n    Two.\n    '''\n" + "    x = 1\n" * 39,
    ],
    ids=["module", "class", "function", "docstring"],
)
def test_the_budget_allows_what_is_just_within_it(source: str) -> None:
    assert list(too_large(source)) == []
