"""What is the operator's own among webhooks: the one from the configuration, and the key that
tokens are signed with. For who may change all of every realm: both are of all of them.
"""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from ....delivery.catch_all import ID
from ....delivery.catch_all import SCOPE
from ....delivery.operating import Operator
from ....delivery.settling import read_health
from ....errors import InvalidWebhook
from ....errors import ScopeError
from ....state import current
from ....state import request_context
from ....store.outbox.keys import LONGEST_GRACE
from .. import forms
from .. import zones
from ..moments import now
from ..visitors import managed_by_visitor
from ..visitors import MOST_REALMS
from .links import there
from .standing import standing_of
from .switch import since_of
from .visitor import acting
from .visitor import Visitor

_HOUR = 3600 * 1000


def enable_catch_all() -> ResponseReturnValue:
    """Send to the operator's own webhook again, and of what was held what the form says."""
    visitor, operator = _operating()
    sent = forms.check(visitor.scope.realm)
    operator.enable(since=since_of(sent.get("resume", "none"), sent.get("since", "")))

    return there("webhooks", visitor, done="enabled")


def disable_catch_all() -> ResponseReturnValue:
    """Send nothing to it any more."""
    visitor, operator = _operating()
    forms.check(visitor.scope.realm)
    operator.disable()

    return there("webhooks", visitor, done="disabled")


def rotate_signing_key() -> ResponseReturnValue:
    """Sign tokens with a new key from now on."""
    visitor, operator = _operating()
    hours = forms.check(visitor.scope.realm).get("grace", "")
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours[:6]) * _HOUR <= LONGEST_GRACE):
        raise InvalidWebhook("The old key is published for an hour to a week more, in whole hours.")
    operator.rotate_key(grace=int(hours) * _HOUR)

    return there("webhooks", visitor, done="key-rotated")


def operators(visitor: Visitor) -> dict[str, Any]:
    """What the list of webhooks shows to the operator, and to nobody else."""
    if visitor.is_guest or not _is_operator(visitor):
        return {}
    store, operator = current().store, Operator(current(), request_context("system"))
    own = operator.catch_all()
    shown: dict[str, Any] = {"signing_keys": operator.signing_keys()}
    if own is not None:
        health = read_health(store.healths.of([ID]).get(ID))
        shown |= {
            "own": own,
            "own_health": health,
            "own_standing": standing_of(own, health, now(), zones.here()),
            "own_statistics": store.measures.of_endpoint(ID, SCOPE),
        }

    return shown


def _operating() -> tuple[Visitor, Operator]:
    """Return who acts, and where. :raises ScopeError: when they may not."""
    visitor, _ = acting()
    if not _is_operator(visitor):
        raise ScopeError("This is for those who may change all of every realm (manage-events).")

    return visitor, Operator(current(), request_context("system"))


def _is_operator(visitor: Visitor) -> bool:
    """Whether they may change all of every realm. Of very many the host is not asked: then the
    command line is left.
    """
    realms = {visitor.scope.realm, *current().settings.realms, *current().store.realms.all()}
    if visitor.acting is None or len(realms) > MOST_REALMS:
        return False
    scopes = map(managed_by_visitor, sorted(realms))

    return all(scope is not None and scope.organization_id is None for scope in scopes)
