"""Types of events -> text, JSON, and a page of documentation. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from ..recorder.catalogue import Catalogue
from ..recorder.catalogue import Definition
from ..recorder.catalogue.kinds import Kind
from ..recorder.catalogue.known import KNOWN
from ..recorder.catalogue.known import meaning
from .terminal import clock
from .terminal import inert
from .type_fields import code
from .type_fields import field_rows
from .type_fields import table


def as_text(listed: Sequence[Kind]) -> Iterator[str]:
    """Yield the lines of a table, for a terminal."""
    rows = [("type", "records", "first", "last", "definition"), *map(_cells, listed)]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    for name, records, first, last, said in rows:
        left = f"{name:{widths[0]}}  {records:>{widths[1]}}"
        yield f"{left}  {first:{widths[2]}}  {last:{widths[3]}}  {said}"


def _said(each: Kind) -> str:
    """What an event of a type says, and who says so."""
    if each.definition is not None:
        described = f": {each.definition.description}" if each.definition.description else ""
        return f"version {each.definition.version}{described}"
    known = meaning(each.type)
    return f"built in: {known}" if known else "not defined"


def _cells(each: Kind) -> tuple[str, str, str, str, str]:
    count = each.count
    times = (count.first_time, count.last_time) if count else (None, None)
    first, last = map(clock, times)

    return inert(each.type), f"{count.records if count else 0:,}", first, last, inert(_said(each))


def as_json(listed: Sequence[Kind], *, counted: bool) -> str:
    """Return an array of objects. Times are epoch milliseconds; what is not known is left out.

    :param counted: whether the log was looked into.
    """
    said = [_object(each, counted=counted) for each in listed]

    # Escaped: a terminal would obey what others wrote.
    return json.dumps(said, indent=2)


def _object(each: Kind, *, counted: bool) -> dict[str, Any]:
    definition, count = each.definition, each.count
    made: dict[str, Any] = {"type": each.type, "defined": definition is not None}
    if definition is not None:
        made |= _defined(definition)
    elif known := meaning(each.type):
        made["description"] = known
    if counted:
        made["records"] = count.records if count else 0
    if count is not None:
        made |= {"firstTime": count.first_time, "lastTime": count.last_time}

    return made


def _defined(definition: Definition) -> dict[str, Any]:
    return {
        "version": definition.version,
        "description": definition.description,
        "schema": definition.document(),
        **({"example": definition.example} if definition.example is not None else {}),
    }


def as_markdown(catalogue: Catalogue) -> Iterator[str]:
    """Yield the lines of a page that documents the defined types, and those built in."""
    yield from ("# Event types", "")
    yield from table(
        ("type", "version", "what it says"),
        ((code(each.type), str(each.version), each.description) for each in catalogue),
    )
    for each in catalogue:
        yield from _section(each)
    yield from ("## Recorded by the audit log itself", "")
    yield "Those of `access.` also with `_ERROR` at the end, where it failed."
    yield ""
    yield from table(("type", "what it says"), ((code(n), said) for n, said in KNOWN.items()))


def _section(each: Definition) -> Iterator[str]:
    yield from (f"## {code(each.type)}", "")
    yield f"{each.description} Version {each.version}.".strip()
    yield ""
    fields = list(field_rows(each.json_schema))
    if fields:
        yield from table(("field", "value", "required", "what it is"), fields)
    else:
        yield from ("The details may be anything.", "")
    if each.example is not None:
        yield from ("```json", _dumped(each.example), "```", "")


def _dumped(example: Mapping[str, Any]) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)
