"""The types of events: what each says, how many there are, since when."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ...event import Family
from ...event import family
from ...recorder.catalogue.kinds import Kind
from ...recorder.catalogue.kinds import kinds
from ...recorder.catalogue.known import meaning
from ...state import current
from ...store.query import Scope
from ..reads import record_read
from ..words import told
from .asked import Asked
from .asked import asked_of
from .links import search_url
from .moments import now
from .notices import notices_for
from .visitors import realms_for
from .visitors import scope_of

# Most types that one page lists. More are no types, but values that were put into a name.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One type. ``says`` is what an event of it means; ``schema`` the JSON Schema of its details."""

    kind: Kind
    family: Family
    says: str
    schema: str | None


def types() -> ResponseReturnValue:
    """Show the types that the visitor may see events of, and to operators those defined too."""
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    seen = current().store.types.seen(scope, at_most=MOST + 1)
    record_read(scope, "types", None, sum(each.records for each in seen[:MOST]))
    here = Asked((), realm=asked.realm)

    return render_template(
        "auditlog/types.html",
        current_page="types",
        lines=[
            _line(each) for each in kinds(current().catalogue, seen[:MOST]) if _is_for(each, scope)
        ],
        most=MOST if len(seen) > MOST else None,
        asked=here,
        now=now(),
        search_url=search_url,
        notices=notices_for(scope),
        **realms_for(scope),
    )


def _is_for(kind: Kind, scope: Scope) -> bool:
    """What an app could record, and did not for this customer, is none of their business."""
    return kind.count is not None or scope.organization_id is None


def _line(kind: Kind) -> Line:
    defined = kind.definition
    says = (defined.description if defined else "") or told(meaning(kind.type) or "")
    schema = defined.document() if defined and defined.json_schema else None

    return Line(
        kind=kind,
        family=family(kind.type),
        says=says,
        schema=json.dumps(schema, indent=2, ensure_ascii=False) if schema else None,
    )
