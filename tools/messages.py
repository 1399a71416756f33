"""Collect what the pages say, and keep the catalogues of translations in step: `make messages`.

`python -m tools.messages fr` begins a new language.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.messages.pofile import write_po
from jinja2 import Environment
from jinja2 import nodes

from flask_auditlog import errors
from flask_auditlog.capture.coverage.report import KINDS
from flask_auditlog.capture.libraries import LIBRARIES
from flask_auditlog.recorder.catalogue.known import FAILED
from flask_auditlog.recorder.catalogue.known import KNOWN
from flask_auditlog.recorder.catalogue.known import OPERATIONS
from flask_auditlog.settings import Settings
from flask_auditlog.store.language.fields import FIELDS
from flask_auditlog.web.catalogues import CONTEXT
from flask_auditlog.web.catalogues import DOMAIN
from flask_auditlog.web.catalogues import OURS

ROOT = Path(__file__).parents[1] / "flask_auditlog"
# It speaks English to programs, and is told on a page in the reader's language.
COVERAGE = ROOT / "capture" / "coverage" / "report.py"
# Where errors come from that are shown on pages: they are said by their sentence.
ERRORS = frozenset(
    "QueryError ScopeError NotFound Fault InvalidEvent InvalidWebhook TooLarge Conflict Busy "
    "ValueError SendError _error".split()
)
# What such a sentence is called before it is one.
NAMES = frozenset({"message", "said", "hint"})
# And those whose sentence is what the class says of itself.
ALONE = (errors.FormRefused, errors.WebhookDisabled, errors.Conflict, errors.Busy)
ROOMS = (
    "web/admin",
    "web/args.py",
    "web/exports",
    "web/manifests.py",
    "web/viewer/forms.py",
    "web/viewer/question.py",
    "web/viewer/views.py",
    "web/viewer/webhooks.py",
    "delivery/asking.py",
    "delivery/desk.py",
    "delivery/dial.py",
    "delivery/envelope.py",
    "delivery/filters.py",
    "delivery/given.py",
    "delivery/matching.py",
    "delivery/reply.py",
    "delivery/signing.py",
    "delivery/target.py",
    "delivery/tls.py",
    "export/__init__.py",
    "export/columns.py",
    "export/parquet.py",
    "store/language/__init__.py",
    "store/language/fields.py",
    "store/language/grammar.py",
    "store/language/reading.py",
    "store/language/times.py",
    "store/language/values.py",
)


class Pattern(str):
    """A sentence of an error with something in it."""

    __slots__ = ()


def helps(settings: type[Any]) -> Iterator[str]:
    """Yield what each setting does, and each of its group."""
    for each in dataclasses.fields(settings):
        yield each.metadata["help"]
        if dataclasses.is_dataclass(each.default):
            yield from helps(type(each.default))


# What the pages show of tables that are not theirs.
ELSEWHERE: Mapping[str, Sequence[str]] = {
    "store/language/fields.py": [field.help for field in FIELDS.values()],
    "recorder/catalogue/known.py": [
        *KNOWN.values(),
        *FAILED.values(),
        *(Pattern(each.format("%(v1)s")) for pair in OPERATIONS.values() for each in pair),
    ],
    "capture/coverage/report.py": KINDS,
    "capture/libraries.py": [
        reason for library in LIBRARIES.values() for reason in library.IGNORED.values()
    ],
    "settings/__init__.py": list(helps(Settings)),
    "errors.py": [inspect.getdoc(each) or "" for each in ALONE],
}
# A message, or its two forms.
Message = str | tuple[str, str]


def messages() -> dict[Message, set[str]]:
    """Return every message of the pages with the files it is in."""
    found: dict[Message, set[str]] = {}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in {".py", ".html"}:
            name = path.relative_to(ROOT.parent).as_posix()
            each_of = in_template(path) if path.suffix == ".html" else in_module(path)
            if path == COVERAGE:
                each_of = whys(path)
            for each in each_of:
                found.setdefault(each, set()).add(name)
    for file, texts in ELSEWHERE.items():
        for text in texts:
            found.setdefault(text, set()).add(f"flask_auditlog/{file}")

    return found


def in_template(path: Path) -> Iterator[Message]:
    """Yield what a template says."""
    tree = Environment(autoescape=True).parse(path.read_text())
    for call in tree.find_all(nodes.Call):
        name = getattr(call.node, "name", "")
        texts = [str(each.value) for each in call.args if isinstance(each, nodes.Const)]
        if name == "auditlog_" and texts:
            yield texts[0]
        elif name == "auditlog_n":
            yield texts[0], texts[1]


def in_module(path: Path) -> Iterator[Message]:
    """Yield what a module says: in `_`, `ngettext` and `N_`, and as errors in rooms of pages."""
    says_errors = path.relative_to(ROOT).as_posix().startswith(ROOMS)
    for call in ast.walk(ast.parse(path.read_text())):
        if says_errors and isinstance(call, ast.Assign) and _is_sentence(call):
            yield from (each for each in _texts([call.value]) if " " in each)
            yield from _patterns([call.value])
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", "")
        texts = _texts(call.args)
        if name == "_" and texts:
            yield texts[0]
        elif name == "ngettext" and len(texts) > 1:
            yield texts[0], texts[1]
        elif name == "N_":
            yield from _table(call.args[0])
        elif says_errors and name in ERRORS:
            yield from (each for each in texts if " " in each)
            yield from _patterns(call.args)


def whys(path: Path) -> Iterator[Message]:
    """Yield what the report of coverage says of its lines, in the keyword `why`."""
    for word in ast.walk(ast.parse(path.read_text())):
        if isinstance(word, ast.keyword) and word.arg == "why":
            yield from (each for each in _texts([word.value]) if each)
            yield from _patterns([word.value])


def _is_sentence(node: ast.Assign) -> bool:
    return getattr(node.targets[0], "id", "") in NAMES


def _patterns(values: Sequence[ast.expr]) -> Iterator[Pattern]:
    """Yield the sentences that an error says with something in them: ``%(v1)s``, ``%(v2)s``."""
    for each in values:
        if isinstance(each, ast.IfExp):
            yield from _patterns([each.body, each.orelse])
        if isinstance(each, ast.JoinedStr):
            number, text = 0, ""
            for part in each.values:
                if isinstance(part, ast.Constant):
                    text += str(part.value).replace("%", "%%")
                else:
                    number += 1
                    text += f"%(v{number})s"
            yield Pattern(text)


def _table(node: ast.expr) -> Iterator[Message]:
    """A text or several; of two with a number in them, the forms of one message."""
    if isinstance(node, ast.Constant):
        yield from _texts([node])
    elif isinstance(node, ast.Tuple):
        texts = _texts(node.elts)
        if len(texts) == 2 and all(each.startswith("%(number)s ") for each in texts):
            yield texts[0], texts[1]
        else:
            yield from texts


def _texts(values: Sequence[ast.expr]) -> list[str]:
    found = (each.value for each in values if isinstance(each, ast.Constant))
    return [each for each in found if isinstance(each, str)]


def template() -> Catalog:
    """Return a catalogue without translations."""
    catalogue = Catalog(project="flask-auditlog", charset="utf-8", fuzzy=False)
    for message, files in sorted(messages().items(), key=lambda each: str(each[0])):
        context = CONTEXT if isinstance(message, Pattern) else None
        catalogue.add(message, context=context, locations=[(name, 0) for name in sorted(files)])

    return catalogue


def read(path: Path) -> Catalog:
    """Read the translations of a language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """Return what is loaded at run time."""
    made = io.BytesIO()
    write_mo(made, catalogue)

    return made.getvalue()


def begun(language: str) -> Catalog:
    """Return a catalogue of a language without translations."""
    return Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment="# Translations of the pages of flask-auditlog.",
        project="flask-auditlog",
        version="0.1",
        msgid_bugs_address="the project's issues",
        last_translator="the flask-auditlog authors",
        language_team="the flask-auditlog authors",
        fuzzy=False,
    )


def update(path: Path) -> None:
    """Bring a catalogue in step with what is said, and compile it."""
    catalogue = read(path) if path.exists() else begun(path.parents[1].name)
    catalogue.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Without the numbers of lines: a line that moves is no change.
        write_po(
            file,
            catalogue,
            width=100,
            omit_header=False,
            ignore_obsolete=True,
            include_lineno=False,
        )
    path.with_suffix(".mo").write_bytes(compiled(read(path)))


def main() -> None:
    """Update all, and those named."""
    there = {path.parents[1].name for path in OURS.glob(f"*/LC_MESSAGES/{DOMAIN}.po")}
    for language in sorted(there | set(sys.argv[1:])):
        path = OURS / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        update(path)
        left = len([each for each in read(path) if each.id and not all(forms(each))])
        print(f"{language}: {left} to translate in {path.relative_to(ROOT.parent)}")


def forms(message: Any) -> Sequence[str]:
    """Return what a message is translated to: one text, or one for each form of number."""
    said: str | Sequence[str] = message.string
    return (said,) if isinstance(said, str) else tuple(said)


if __name__ == "__main__":
    main()
