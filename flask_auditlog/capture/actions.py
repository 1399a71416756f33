"""``audit.action``, ``audit.sensitive_read`` and ``audit.exempt``: rules that stand at the code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from flask import has_app_context
from flask import has_request_context
from flask import request
from werkzeug.exceptions import HTTPException

from ..errors import ConfigError
from ..errors import NotInitialized
from ..event import Draft
from ..event import OPERATIONS
from ..hooks import Hook
from ..logs import logger
from ..recorder.given import draft_of
from ..state import current
from ..state import State
from ..state import visit
from . import capture
from . import harmless
from .noise import DENIED
from .noise import refused
from .paths import shown
from .rules import mark
from .rules import REFUSED
from .rules import Rule
from .rules import rule_of
from .templates import fill
from .templates import find
from .templates import placeholders
from .templates import RESULT
from .templates import segment


class Rules:
    """What the host app says of single views and functions, where they stand."""

    def exempt(self, reason: str) -> Callable[[Hook], Hook]:
        """Do not record requests of this view, and say why: ``@audit.exempt("a probe")``.

        :raises ConfigError: without a reason.
        """
        # Without its parentheses it is given the view.
        if not str(reason or "").strip() or callable(reason):
            raise ConfigError('Say why it is exempt: @audit.exempt("a probe, every second").')

        return lambda view: _marked(view, Rule(kind="exempt", reason=reason))

    def sensitive_read(self, view: Hook) -> Hook:
        """Record each request of this view, though it only reads: what it shows is sensitive."""
        return _marked(view, Rule(kind="sensitive"))

    def action(
        self,
        resource_type: str,
        operation: str = "ACTION",
        *,
        resource_path: str | None = None,
        keep: Sequence[str] = (),
    ) -> Callable[[Hook], Hook]:
        """Record ``admin.<RESOURCE>-<OPERATION>`` when this view or function was done.

        Put it right above ``def``, under what may refuse the call. An exception that leaves
        the function is recorded as the event's ``error`` by its class, and goes on. Of a view
        it takes the place of ``access.REQUEST``.

        :param operation: ``CREATE``, ``UPDATE``, ``DELETE`` or ``ACTION``.
        :param resource_path: with arguments of the function in braces, or what is in them:
            ``invoices/{id}``, ``users/{user.id}``; ``{result.id}`` is of what it returned.
        :param keep: names of arguments whose values are kept, masked, in ``details``.
        :raises ConfigError: for an operation or an argument that does not exist.
        """
        if operation not in OPERATIONS:
            raise ConfigError(f"The operation of an action is one of {', '.join(OPERATIONS)}.")

        def decorate(function: Hook) -> Hook:
            rule = Rule(
                kind="action",
                resource_type=resource_type,
                operation=operation,
                resource_path=resource_path,
                name=getattr(function, "__name__", None),
                keep=tuple(keep),
            )
            return _acting(_marked(function, rule), rule)

        return decorate


@dataclass(slots=True, kw_only=True)
class Act:
    """One call of a function that is an action.

    ``texts`` are the placeholders of its path, and ``kept`` the arguments to be kept, as
    they were before the call: what it deletes can still be named then.
    """

    rule: Rule
    texts: dict[str, str | None] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str | None = None


def error_of(error: BaseException) -> str:
    """The class of *error*, or its status; never its message, which may say anything."""
    if isinstance(error, HTTPException) and error.code is not None:
        return f"http_{error.code}"
    return type(error).__name__


def act_draft(act: Act, error: str | None, details: Mapping[str, Any]) -> Draft:
    """Return the event of an act; of one that was refused, the refusal.

    :param details: what else is known, as of its request.
    """
    rule, kept = act.rule, act.kept
    is_refused = error in _REFUSALS
    path = rule.resource_path and fill(rule.resource_path, act.texts.get)

    return draft_of(
        {
            "type": DENIED if is_refused else rule.type,
            "operation_type": rule.operation,
            "resource_type": rule.resource_type,
            "resource_path": path,
            "error": error,
            "details": {
                "action": rule.name,
                **details,
                **({"arguments": {**details.get("arguments", {}), **kept}} if kept else {}),
            },
        }
    )


def note_arguments(state: State, act: Act, values: Mapping[str, Any]) -> None:
    """Note in *act* what can be said of its path from *values*."""
    for name in placeholders(act.rule.resource_path or ""):
        if name.partition(".")[0] in values and name not in act.texts:
            # Masked by the name it has itself: `{user.token}` is one.
            last = name.rpartition(".")[2]
            plain = shown(state, {last: find(values, name)})
            act.texts[name] = segment(plain[last])


_REFUSALS = frozenset(f"http_{status}" for status in REFUSED)


def _marked(view: Hook, rule: Rule) -> Hook:
    mark(view, rule)

    return view


def _acting(function: Hook, rule: Rule) -> Hook:
    signature = inspect.signature(function)
    _check_names(function, signature, rule)
    wrapper: Any
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with _told(rule, signature, args, kwargs) as act:
                act.result = await function(*args, **kwargs)
            return act.result
    else:

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with _told(rule, signature, args, kwargs) as act:
                act.result = function(*args, **kwargs)
            return act.result

    # A view that is registered already is found by this, and replaced: see `requests`.
    function.__auditlog_acting__ = wrapper  # type: ignore[attr-defined]  # of a function

    return wrapper  # type: ignore[no-any-return]  # it stands for the function


def _check_names(function: Callable[..., Any], signature: inspect.Signature, rule: Rule) -> None:
    parameters = signature.parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        placeholders(rule.resource_path or "")
        return
    roots = [name.partition(".")[0] for name in placeholders(rule.resource_path or "")]
    for name in (*roots, *rule.keep):
        if name not in parameters and name != RESULT:
            where = getattr(function, "__qualname__", "the function")
            raise ConfigError(f"{where} has no argument {name}, which its audit.action names.")


@contextmanager
def _told(
    rule: Rule, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[Act]:
    """Tell of the call in the block when it is over."""
    act, state = Act(rule=rule), _state()
    if state is not None:
        with harmless(state):
            values = _arguments(signature, args, kwargs)
            note_arguments(state, act, values)
            act.kept = shown(state, {name: values[name] for name in rule.keep if name in values})
    try:
        yield act
    except BaseException as error:
        act.error = error_of(error)
        _tell(state, act, ended=not isinstance(error, Exception))
        raise
    _tell(state, act)


def _arguments(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments by their names. A call that does not fit fails by itself."""
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:
        return {}
    bound.apply_defaults()
    named = dict(bound.arguments)
    for each in signature.parameters.values():
        if each.kind is each.VAR_KEYWORD:
            named |= named.pop(each.name)

    return named


def _tell(state: State | None, act: Act, *, ended: bool = False) -> None:
    """Record the act, unless it is the view of the request, whose answer is still to come.

    :param ended: whether the process or the thread ends, so that there will be no answer.
    """
    if state is None:
        return
    with harmless(state):
        if act.error is None:
            value = act.result
            note_arguments(state, act, {RESULT: value[0] if isinstance(value, tuple) else value})
        if _is_view(state, act.rule) and not ended:
            visit().act = act
            return
        draft = act_draft(act, act.error, {})
        if draft.type == DENIED:
            refused(state, draft, once=False)
        else:
            capture(state, draft)


def _is_view(state: State, rule: Rule) -> bool:
    if not has_request_context():
        return False
    view = state.app.view_functions.get(request.endpoint or "")

    return rule_of(view, request.method) is rule


def _state() -> State | None:
    try:
        state = current() if has_app_context() else None
    except NotInitialized:
        state = None
    if state is None:
        logger.error("an action was not recorded: there is no app with an audit log here")
        return None

    return state if state.settings.enabled else None
