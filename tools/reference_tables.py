"""Write the tables of the reference from the code they describe."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from flask_auditlog import errors as tree
from flask_auditlog.capture.libraries import LIBRARIES
from flask_auditlog.cli import commands as auditlog
from flask_auditlog.settings import PREFIX
from flask_auditlog.settings import Settings
from flask_auditlog.store.language.expression import DETAILS
from flask_auditlog.store.language.fields import DETAILS_FIELD
from flask_auditlog.store.language.fields import Field
from flask_auditlog.store.language.fields import FIELDS
from flask_auditlog.store.language.fields import TIMES
from flask_auditlog.web.args import FILTERS
from flask_auditlog.web.args import LANGUAGE

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
BEGIN = "<!-- Made by tools/reference_tables.py from here -->\n"
CONTEXT = click.Context(auditlog)
END = "<!-- to here. -->\n"


def settings() -> str:
    """Return the tables of all settings: first those of the app, then each group's."""
    sections = [table(("key", "default", "what it does"), keys(Settings, PREFIX))]
    for each in dataclasses.fields(Settings):
        if dataclasses.is_dataclass(each.default):
            kind: Any = type(each.default)
            title, _, sentence = (kind.__doc__ or "").replace("``", "`").partition(": ")
            rows = table(("key", "default", "what it does"), keys(kind))
            sections.append(f"## {title}\n\nA dict: {sentence}\n\n{rows}")
            sections += [listed(each) for each in dataclasses.fields(kind) if is_listed(each)]

    return "\n".join(sections)


def is_listed(each: Any) -> bool:
    """Whether a setting is a list of dicts."""
    return dataclasses.is_dataclass(each.metadata["of"])


def listed(each: Any) -> str:
    """Return the table of the keys of a dict in a list."""
    kind = each.metadata["of"]
    sentence = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("``", "`")
    return f"### `{each.name}`\n\n{sentence}\n\n{table(('key', 'default', 'what it says'), keys(kind))}"


def keys(kind: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield a row for each setting of *kind*."""
    for each in dataclasses.fields(kind):
        name = prefix + each.name.upper() if prefix else each.name
        default = "see below" if dataclasses.is_dataclass(each.default) else shown(each.default)
        yield f"`{name}`", default, each.metadata["help"]


def shown(value: Any) -> str:
    """Return *value* as one would write it in a configuration."""
    if isinstance(value, tuple):
        return f"`{list(value)!r}`"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"`{value:_}`"
    return f"`{value!r}`"


def filters() -> str:
    """Return the table of the filters."""
    rows = [(f"`{name}`", each.help) for name, each in FILTERS.items()]
    details = ("`details.<path>`", "This text stands in `details`, at this dotted path.")
    language = [(f"`{name}`", words) for name, words in LANGUAGE.items()]
    return table(("parameter", "what it finds"), [*rows, details, *language])


def terms() -> str:
    """Return the table of the fields of the query language."""
    fields = {**FIELDS, f"{DETAILS}<path>": DETAILS_FIELD}
    rows = [(f"`{name}`", each.help, said_of(name, each)) for name, each in fields.items()]
    return table(("field", "what it finds", "what may stand behind the colon"), rows)


def said_of(name: str, field: Field) -> str:
    """Return what can be said of a field of the query language."""
    four = dict.fromkeys(("operation", "source"), "one of the four")
    what = {"ip": "an address or a network", "text": "text", **four}
    said = ["a time" if name in TIMES else what.get(name, "a value")]
    said += ["`*` for any text"] * ("like" in field.operators)
    said += ["`*`"] * ("like" not in field.operators and "exists" in field.operators)
    said += ["`>=` `<=` `>` `<` `a..b`"] * (">=" in field.operators)
    return ", ".join(said)


def signals() -> str:
    """Return the table of the signals of other libraries, and what is made of each."""
    rows = [
        (library, f"`{name}`", f"`{kind}`")
        for library, module in LIBRARIES.items()
        for name, kind in module.SIGNALS.items()
    ]
    left = [
        (library, f"`{name}`", reason)
        for library, module in LIBRARIES.items()
        for name, reason in module.IGNORED.items()
    ]
    recorded = table(("library", "signal", "event"), rows)
    return f"{recorded}\n{table(('library', 'signal', 'why it is no event'), left)}"


def errors() -> str:
    """Return the table of the errors: what each says when nothing more is known."""
    rows = [
        (f"`{name}`", f"`{kind.__base__.__name__}`", (kind.__doc__ or "").replace("``", "`"))
        for name, kind in vars(tree).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__base__ is not None
    ]
    return table(("error", "is a", "what it says"), rows)


def commands(group: click.Group = auditlog, path: str = "") -> str:
    """Return a section for each command that does something."""
    sections = []
    for name in group.list_commands(CONTEXT):
        each = group.get_command(CONTEXT, name)
        assert each is not None  # noqa: S101 (it is in its own list)
        if isinstance(each, click.Group):
            sections.append(commands(each, f"{path}{name} "))
        else:
            sections.append(command(each, f"{path}{name}"))

    return "\n".join(sections)


def command(each: click.Command, path: str) -> str:
    """Return the section of one command."""
    words = [path, *(param.make_metavar(CONTEXT) for param in each.params if _is_argument(param))]
    lines = [f"## `{' '.join(words)}`", "", inspect.cleandoc(each.help or ""), ""]
    options = [param for param in each.params if isinstance(param, click.Option)]
    filtering = [option.opts[0] for option in options if _is_filter(option)]
    if filtering:
        lines += [
            "The [filters](http-api.md): " + ", ".join(map("`{}`".format, filtering)) + ".",
            "",
        ]
    rows = [
        ("`" + ", ".join(option.opts) + "`", (option.help or "").replace("|", "\\|"))
        for option in options
        if option.opts[0] not in filtering
    ]
    return "\n".join(lines) + ("\n" + table(("option", "what it says"), rows) if rows else "")


def _is_filter(option: click.Option) -> bool:
    """Whether it is one of the search: others are called so as well."""
    known = FILTERS.get(option.name or "")
    return known is not None and option.help == known.help.replace("`", "")


def _is_argument(param: click.Parameter) -> bool:
    return isinstance(param, click.Argument)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("-",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "recorded.md": signals,
    "settings.md": settings,
    "http-api.md": filters,
    "python-api.md": errors,
    "cli.md": commands,
    "query.md": terms,
}


def page(name: str) -> str:
    """Return what a page should say: its own text, and the tables of today."""
    before, _, rest = (REFERENCE / name).read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{TABLES[name]()}\n{END}{after}"


if __name__ == "__main__":
    for name in TABLES:
        (REFERENCE / name).write_text(page(name))
