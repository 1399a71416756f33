"""Finds what there is in an app. It asks no database."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blinker import NamedSignal
from werkzeug.routing import Rule as UrlRule

from ...settings import RequestRule
from ...state import State
from ..libraries import LIBRARIES
from ..models.mapped import mapped
from ..models.tracked import Registry
from ..requests import OURS
from ..rules import CHANGING
from ..rules import decide
from ..rules import Rule
from ..rules import rule_of
from . import facts
from .seen import Seen

# Where the signals are of those libraries that send any.
_SENDERS: Mapping[str, str] = {
    "flask-login": "flask_login.signals",
    "Flask-Security": "flask_security.signals",
    "Flask-Dance": "flask_dance.consumer",
}


def gather(state: State, seen: Seen | None = None) -> Iterator[facts.Fact]:
    """Yield what there is in the app of *state*.

    :param seen: what its tests saw, if that was written down.
    """
    yield from _models(state.tracked)
    yield from _writes(state.tracked, seen or Seen())
    yield from _routes(state, seen or Seen())
    yield from _signals(state)
    for definition in state.catalogue:
        was_recorded = definition.type in seen.types if seen is not None else None
        yield facts.Type(name=definition.type, was_recorded=was_recorded)


def _models(tracked: Registry) -> Iterator[facts.Model]:
    for mapper in mapped():
        model = mapper.class_
        left_out, reason = _left_out(tracked, model)
        yield facts.Model(
            name=model.__qualname__,
            module=model.__module__,
            is_tracked=tracked.of_mapper(mapper) is not None,
            is_left_out=left_out,
            reason=reason,
        )


def _left_out(tracked: Registry, model: type[Any]) -> tuple[bool, str | None]:
    """Whether ``track_all`` was told to leave *model* out, and why."""
    found = next((each for each in model.__mro__ if each in tracked.excluded), None)

    return found is not None, tracked.excluded[found] if found is not None else None


def _writes(tracked: Registry, seen: Seen) -> Iterator[facts.Write]:
    known = {table.fullname for table in tracked.tables}
    reasons = dict(_reasons(tracked))
    for table, paths in sorted(seen.tables.items()):
        yield facts.Write(
            table=table,
            paths=tuple(paths),
            is_tracked=table in known,
            reason=reasons.get(table),
        )


def _reasons(tracked: Registry) -> Iterator[tuple[str, str]]:
    """Yield the tables of models that were left out, with the reasons."""
    for mapper in mapped():
        _, reason = _left_out(tracked, mapper.class_)
        if reason is not None and (name := getattr(mapper.local_table, "fullname", None)):
            yield name, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request as the rules of the configuration look at it."""

    method: str
    path: str
    endpoint: str
    blueprints: list[str]


def _routes(state: State, seen: Seen) -> Iterator[facts.Route]:
    rules = sorted(state.app.url_map.iter_rules(), key=lambda each: (each.rule, each.endpoint))
    for rule in rules:
        blueprints = _blueprints(rule.endpoint)
        if OURS.isdisjoint(blueprints):
            for method in sorted((rule.methods or set()) & set(CHANGING)):
                asked = _Asked(
                    method=method, path=rule.rule, endpoint=rule.endpoint, blueprints=blueprints
                )
                yield _route(state, rule, asked, tuple(seen.endpoints.get(rule.endpoint, ())))


def _blueprints(endpoint: str) -> list[str]:
    """Return the blueprints of an endpoint, the innermost first, as a request has them."""
    parts = endpoint.split(".")[:-1]

    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _route(state: State, rule: UrlRule, asked: _Asked, seen: tuple[str, ...]) -> facts.Route:
    view = state.app.view_functions.get(asked.endpoint)
    said = rule_of(view, asked.method)
    decided = decide(state.settings.capture.rules, asked, 200)
    reason = decided.reason if decided is not None and not decided.record else None
    if said is not None:
        # What stands at the view is stronger than the configuration.
        reason = said.reason if said.kind == "exempt" else None

    return facts.Route(
        method=asked.method,
        path=rule.rule,
        endpoint=asked.endpoint,
        place=_place(view),
        action=said.type if said is not None else None,
        reason=reason,
        is_recorded=_is_recorded(state, said, decided),
        seen=seen,
    )


def _is_recorded(state: State, said: Rule | None, decided: RequestRule | None) -> bool:
    if said is not None and said.kind == "sensitive":
        return True
    return state.settings.capture.requests and decided is not None and decided.record


def _place(view: Callable[..., Any] | None) -> str:
    """Return the file and line of a view, seen from here."""
    code = getattr(inspect.unwrap(view), "__code__", None) if view is not None else None
    if code is None:
        return ""
    path = Path(code.co_filename)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())

    return f"{path}:{code.co_firstlineno}"


def _signals(state: State) -> Iterator[facts.Signal]:
    """Yield every signal that an installed library has, also those we have never heard of."""
    for library, place in _SENDERS.items():
        known, module = LIBRARIES[library], sys.modules.get(place)
        for name, value in sorted(vars(module).items()) if module is not None else ():
            if isinstance(value, NamedSignal) and not name.startswith("_"):
                yield facts.Signal(
                    library=library,
                    name=name,
                    type=known.SIGNALS.get(name),
                    reason=known.IGNORED.get(name),
                    is_listened_to=state.settings.capture.logins,
                )
