"""Nothing is said on a page that nobody could translate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2 import nodes

from flask_auditlog.web.admin import script_words

ROOT = Path(__file__).parents[2] / "flask_auditlog" / "web"
TEMPLATES = sorted(ROOT.rglob("*.html"))
SCRIPTS = sorted(ROOT.rglob("*.js"))

# What is the same in every language: what machines read, names of formats, units, keys.
SAME = frozenset(
    "CSV Ctrl SHA-256 Enter Esc JSON MB NDJSON OR POST UTC curl p50 p95 system.MAINTENANCE "
    "webhook-id msg_ realm permission organization_id k j o URL".split()
)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
CODE = re.compile(r"<(code|pre|kbd)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
READ = re.compile(r'\b(?:title|aria-label|alt|data-copy|data-name)="([^"]*)"')
# Names of classes, written by an expression.
CLASSES = frozenset({" mono small"})
# A macro that writes attributes.
ATTRIBUTE = re.compile(r'aria-[a-z]+="[^"]*"')
WORD = re.compile(r"[A-Za-z][\w.-]*")
# In an expression: what begins as a sentence does, or has a space in it.
SENTENCE = re.compile(r"[A-Z][a-z]|[a-z] [a-z]")


def bare(source: str) -> Iterator[str]:
    """Yield what stands in a template as it is, and would be read."""
    text = CODE.sub(" ", JINJA.sub("\x00", source))
    for read in READ.findall(text):
        yield from words(read)
    yield from words(ATTRIBUTE.sub("", TAG.sub("\n", text)))
    yield from conditional(source)


def words(text: str) -> Iterator[str]:
    """Yield the words that are of some language."""
    for each in WORD.findall(text):
        if each not in SAME and len(each) > 1:
            yield each


def conditional(source: str) -> Iterator[str]:
    """Yield texts that an expression writes: ``{{ "One" if … else "Two" }}``."""
    tree = Environment(autoescape=True).parse(source)
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            yield from written(node)


def written(node: nodes.Node) -> Iterator[str]:
    """Yield the texts among what an expression may come to."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        if SENTENCE.search(node.value) and node.value not in CLASSES:
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from written(node.expr1)
        if node.expr2 is not None:
            yield from written(node.expr2)
    elif isinstance(node, (nodes.Concat, nodes.BinExpr)):
        for each in node.iter_child_nodes():
            yield from written(each)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_is_translated(path: Path) -> None:
    # Write {{ auditlog_("…") }}, and run `make messages`.
    assert list(bare(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nothing</p>",
        '<a title="Only this">1</a>',
        '<a aria-label="Remove {{ name }}">1</a>',
        '{{ "Held" if held else auditlog_("Sent") }}',
        '{{ number ~ " of them" }}',
        "{{ number }} events",
    ],
    ids=["text", "title", "label", "condition", "sum", "beside"],
)
def test_a_bare_word_is_seen(source: str) -> None:
    assert list(bare(source))


@pytest.mark.parametrize(
    "source",
    [
        '<p>{{ auditlog_("Nothing") }}</p>',
        '<a class="btn" href="/x" title="{{ auditlog_("Only this") }}">1 · 2</a>',
        "<code>audit.record()</code> JSON",
        "{# A remark. #}{{ 'is-bad' if bad }}",
    ],
    ids=["text", "title", "code", "class"],
)
def test_what_is_of_no_language_is_not_seen(source: str) -> None:
    assert list(bare(source)) == []


def silent(source: str) -> Iterator[str]:
    """Yield what a script shows without looking for it in the words of the page."""
    for shown in re.findall(r"(?:textContent = |\"aria-label\", |\.title = )([^;]*)", source):
        # A parenthesis in a text opens nothing.
        text = re.sub(r'"[^"]*"', lambda found: re.sub(r"[()]", "", found.group()), shown)
        text = re.sub(r"said\((?:[^()]|\([^()]*\))*\)", "", text)
        yield from re.findall(
            r"[\"`][^\"`]*[A-Za-z]{2}[^\"`]*[\"`]", re.sub(r"\$\{[^}]*\}", "", text)
        )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_word_of_a_script_is_translated(path: Path) -> None:
    # Write said("…"), and add it to the module script_words.
    assert list(silent(path.read_text())) == []


def test_a_bare_word_in_a_script_is_seen() -> None:
    assert list(silent('button.textContent = `${n} new`; list.setAttribute("aria-label", "All");'))


def test_a_page_gives_its_scripts_what_they_say() -> None:
    called = "".join(path.read_text() for path in SCRIPTS if path.name != "words.js")
    said = set()
    for call in re.findall(r"\bsaid\((.*)", called):
        said |= set(re.findall(r'"((?:[^"\\]|\\.)*[a-z](?:[^"\\]|\\.)*)"', call))
    assert said == set(script_words.WORDS)
