"""Which requests are recorded: by what stands at the view, by configuration, by default. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from typing import Literal
from typing import Protocol

from ..errors import ConfigError
from ..settings import RequestRule
from ..wildcards import is_like

# What changes something, unless the host does it with another method.
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
# Refused: who are you, and you may not.
REFUSED = (401, 403)

# What is recorded where no rule of the host fits.
_REFUSAL, _CHANGE = DEFAULTS = (RequestRule(statuses=REFUSED), RequestRule(methods=CHANGING))

_MARK = "__auditlog__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a decorator of ours says of a function.

    ``exempt`` has a reason; ``action`` a resource type, an operation and a template of the
    resource's path, with the names of those arguments that are kept.
    """

    kind: Literal["exempt", "sensitive", "action"]
    reason: str | None = None
    resource_type: str | None = None
    operation: str | None = None
    resource_path: str | None = None
    name: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def type(self) -> str | None:
        """The type of the event of an action."""
        return f"admin.{self.resource_type}-{self.operation}" if self.kind == "action" else None


class Asked(Protocol):
    """What a rule needs to know of a request: Flask's has it all."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def endpoint(self) -> str | None: ...
    @property
    def blueprints(self) -> Sequence[str]: ...


def mark(function: Any, rule: Rule) -> None:
    """Leave *rule* at a view, any other function, or a class of views.

    :raises ConfigError: when it has another one.
    """
    # A method is made anew at each look at it; its function stays.
    target = getattr(function, "__func__", function)
    if _MARK in vars(target):
        raise ConfigError(f"{target.__qualname__} is decorated twice by the audit log.")
    setattr(target, _MARK, rule)


def rule_of(view: Callable[..., Any] | None, method: str | None = None) -> Rule | None:
    """Return the rule that a decorator left at *view*.

    :param method: of a request, for a class of views, whose methods may differ.
    """
    found: Rule | None = getattr(view, _MARK, None)
    if found is not None:
        return found
    kind = getattr(view, "view_class", None)
    if kind is None:
        return None
    name = (method or "").lower()
    # Flask answers HEAD by the method for GET, if there is none for it.
    function = getattr(kind, name, None) or (getattr(kind, "get", None) if name == "head" else None)

    return getattr(function, _MARK, None) or getattr(kind, _MARK, None)


def decide(rules: Sequence[RequestRule], asked: Asked, status: int) -> RequestRule | None:
    """Return the first rule that fits a request and its answer: the host's, or a default."""
    for rule in rules:
        if fits(rule, asked, status):
            return rule
    # Asked of each request: what `fits` would find, found by itself.
    if status in REFUSED:
        return _REFUSAL
    return _CHANGE if asked.method in CHANGING else None


def fits(rule: RequestRule, asked: Asked, status: int) -> bool:
    """Whether the request fits all that *rule* says."""
    return (
        (not rule.statuses or status in _codes(rule.statuses))
        and (not rule.methods or _has_method(rule, asked.method))
        and (rule.path is None or is_like(rule.path, asked.path))
        and (rule.endpoint is None or is_like(rule.endpoint, asked.endpoint or ""))
        and (rule.blueprint is None or rule.blueprint in asked.blueprints)
    )


def _has_method(rule: RequestRule, method: str) -> bool:
    return method in rule.methods or (method == "HEAD" and "GET" in rule.methods)


@lru_cache
def _codes(statuses: Sequence[int | str]) -> frozenset[int]:
    """Return the codes that are meant: ``5xx`` is a hundred of them."""
    texts = [str(status) for status in statuses]
    many = {int(text[0]) * 100 + n for text in texts if text.endswith("xx") for n in range(100)}

    return frozenset(many | {int(text) for text in texts if text.isdecimal()})
