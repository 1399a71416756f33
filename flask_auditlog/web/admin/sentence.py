"""What happened, in one sentence. Pure: an event in, text out.

The text is what the event says; what cannot be seen in it is for the page to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from ...event import Event
from ...event import READ_TYPE
from ..words import _
from ..words import N_
from ..words import ngettext
from .acts import ACCESS
from .acts import OPERATIONS
from .acts import READS
from .acts import WEBHOOKS
from .display import cut
from .display import value_text

# A part of a sentence is cut to this, in characters.
LONGEST_PART = 120
DENIED = "access.PERMISSION_DENIED"
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def sentence(event: Event) -> str:
    """``maya@acme.test changed 5 fields of user 7: not_allowed``."""
    family, _, name = event.type.partition(".")
    if event.type == READ_TYPE and event.source == "system":
        said = _did(event, read_act(event))
    elif family == "access" and name in ("REQUEST", "PERMISSION_DENIED"):
        said = _request(event)
    elif family == "access" and name:
        said = _access(event, name)
    elif family == "admin" and name:
        said = _admin(event)
    elif family == "system" and name:
        said = _system(event, name)
    else:
        said = _own(event)

    if event.error is None or event.error == f"http_{(event.details or {}).get('status')}":
        return said
    return f"{said}: {_short(error_code(event.error))}"


def error_code(error: str) -> str:
    """The code of an error that is written as ``Code: and what it means``; else all of it."""
    code, colon, _ = error.partition(": ")
    return code if colon and code and " " not in code else error


def who(event: Event) -> str | None:
    """The actor's name as far as the event knows it: username, user id, client."""
    actor = event.auth_details
    if actor is None:
        return None
    return actor.username or actor.user_id or actor.client_id


def stood_for(event: Event) -> tuple[str, str] | None:
    """Whom the actor stands for: ``username`` or ``userId``, and its value."""
    said = (event.details or {}).get("onBehalfOf")
    if not isinstance(said, Mapping):
        return None
    for key in ("username", "userId"):
        name = said.get(key)
        if isinstance(name, str) and name:
            return key, name
    return None


def target(event: Event) -> str | None:
    """The resource in words: ``user Tomas Lindqvist``, ``invoice 42``."""
    named = resource_name(event)
    last = (event.resource_path or "").rstrip("/").rpartition("/")[2]
    words = _words(event.resource_type or "")
    return " ".join(_short(part) for part in (words, named or last) if part) or None


def resource_name(event: Event) -> str | None:
    """What people call the resource of an admin event, where its details say so."""
    if not event.type.startswith("admin."):
        return None
    for key in ("resource_name", "resourceName", "name"):
        name = (event.details or {}).get(key)
        if isinstance(name, str) and name:
            return name
    return None


def _access(event: Event, name: str) -> str:
    failed = name.endswith("_ERROR") or event.error is not None
    name = name.removesuffix("_ERROR")
    if name in ACCESS:
        act = _act(ACCESS[name], failed=failed)
    else:
        act = _("failed: %(act)s", act=_words(name)) if failed else _words(name)
    said, claimed = _did(event, act), _text(event, "username")
    if claimed and claimed != who(event):
        return _("%(who_did_what)s as %(name)s", who_did_what=said, name=_short(claimed))

    return said


def _did(event: Event, act: str) -> str:
    return _("%(who)s %(did)s", who=_someone(event), did=act)


def _act(act: tuple[str, str], *, failed: bool) -> str:
    past, tried = act
    return _("failed to %(act)s", act=_(tried)) if failed else _(past)


def _request(event: Event) -> str:
    method, path = _text(event, "method"), _text(event, "path") or event.resource_path
    status = (event.details or {}).get("status")
    asked = " ".join(_short(part) for part in (method, path) if part) or _("a page")
    told = {"who": _someone(event), "page": asked, "status": status}
    if event.type == DENIED:
        return _("%(who)s was refused %(page)s", **told) + _times(event)
    if not isinstance(status, int) or status < HTTPStatus.BAD_REQUEST:
        return _("%(who)s requested %(page)s", **told)
    if status in _REFUSED:
        return _("%(who)s requested %(page)s and was refused (%(status)s)", **told)

    return _("%(who)s requested %(page)s and got %(status)s", **told)


def _times(event: Event) -> str:
    """How many a counted event stands for, if not for itself alone."""
    times = (event.details or {}).get("repeated")

    if not isinstance(times, int) or times == 1:
        return ""
    return ", " + ngettext("%(number)s time", "%(number)s times", times)


def _admin(event: Event) -> str:
    act = OPERATIONS.get(event.operation_type or "")
    if event.type == "admin.WEBHOOK-ACTION" and event.source == "system":
        act = WEBHOOKS.get(_text(event, "action") or "", act)
    if act is None:
        return _own(event)
    what = target(event) or _("something")
    changes = (event.details or {}).get("changes")
    if event.operation_type == "UPDATE" and isinstance(changes, Mapping) and changes:
        what = ngettext(
            "%(number)s field of %(what)s", "%(number)s fields of %(what)s", len(changes), what=what
        )
    past, tried = act
    if event.error:
        return _did(event, _("failed to %(act)s", act=_(tried, what=what)))

    return _did(event, _(past, what=what))


def read_act(event: Event) -> str:
    """What was done to the log: ``searched the audit log, 50 records``."""
    unknown = N_(("read the audit log", "read it"))
    act = _act(READS.get(_text(event, "action") or "", unknown), failed=bool(event.error))
    records = (event.details or {}).get("records")
    if not isinstance(records, int) or _text(event, "action") == "view":
        return act
    return f"{act}, {ngettext('%(number)s record', '%(number)s records', records)}"


def _system(event: Event, name: str) -> str:
    words = _words(name).capitalize()
    message = _text(event, "message") or _text(event, "summary")
    return f"{words}: {_short(message)}" if message else words


def _own(event: Event) -> str:
    said, name = _short(event.type), who(event)
    if event.resource_path:
        said = _("%(event)s on %(what)s", event=said, what=_short(event.resource_path))
    if not name:
        return said
    return _("%(event)s by %(who)s", event=said, who=_short(name)) + _for_whom(event)


def _someone(event: Event) -> str:
    for_whom = _for_whom(event)
    return f"{_short(who(event) or _('Someone'))}{for_whom}{',' if for_whom else ''}"


def _for_whom(event: Event) -> str:
    stands_for = stood_for(event)
    return f", {_('on behalf of %(whom)s', whom=_short(stands_for[1]))}" if stands_for else ""


def _text(event: Event, key: str) -> str | None:
    value = (event.details or {}).get(key)
    return value_text(value) if isinstance(value, str | int) and value != "" else None


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").lower()


def _short(text: str) -> str:
    return cut(text, LONGEST_PART)
