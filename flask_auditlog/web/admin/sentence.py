"""What happened, in one sentence. Pure: an event in, text out.

The text is what the event says; what cannot be seen in it is for the page to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from ...event import Event
from ...event import READ_TYPE
from .display import amount
from .display import cut
from .display import value_text

# A part of a sentence is cut to this, in characters.
LONGEST_PART = 120
DENIED = "access.PERMISSION_DENIED"
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

# The name of an access event: what was done, and what was tried and failed.
_ACCESS: Mapping[str, tuple[str, str]] = {
    "LOGIN": ("logged in", "log in"),
    "LOGOUT": ("logged out", "log out"),
    "REGISTER": ("registered", "register"),
    "CLIENT_LOGIN": ("logged in as a client", "log in as a client"),
    "IMPERSONATE": ("began to act as another user", "act as another user"),
    "SOCIAL_LINK": ("linked a social account", "link a social account"),
    "REMOVE_SOCIAL_LINK": ("removed a social account", "remove a social account"),
    "UPDATE_EMAIL": ("changed their email address", "change their email address"),
    "UPDATE_PROFILE": ("changed their profile", "change their profile"),
    "UPDATE_PASSWORD": ("changed their password", "change their password"),
    "RESET_PASSWORD": ("reset their password", "reset their password"),
    "SEND_RESET_PASSWORD": ("asked to reset their password", "ask for a new password"),
    "UPDATE_TOTP": ("set up two-factor login", "set up two-factor login"),
    "REMOVE_TOTP": ("removed two-factor login", "remove two-factor login"),
    "UPDATE_CREDENTIAL": ("changed a credential", "change a credential"),
    "REMOVE_CREDENTIAL": ("removed a credential", "remove a credential"),
    "VERIFY_EMAIL": ("confirmed their email address", "confirm their email address"),
    "SEND_VERIFY_EMAIL": ("was sent a link to confirm", "get a link to confirm"),
    "CODE_TO_TOKEN": ("exchanged a code for a token", "exchange a code for a token"),
    "REFRESH_TOKEN": ("refreshed a token", "refresh a token"),
    "TOKEN_EXCHANGE": ("exchanged a token", "exchange a token"),
    "GRANT_CONSENT": ("gave consent", "give consent"),
    "REVOKE_GRANT": ("withdrew consent", "withdraw consent"),
    "DELETE_ACCOUNT": ("deleted their account", "delete their account"),
}
_OPERATIONS: Mapping[str, tuple[str, str]] = {
    "CREATE": ("created", "create"),
    "UPDATE": ("changed", "change"),
    "DELETE": ("deleted", "delete"),
    "ACTION": ("acted on", "act on"),
}
_READS: Mapping[str, tuple[str, str]] = {
    "search": ("searched the audit log", "search the audit log"),
    "view": ("looked at an event of the audit log", "look at an event of the audit log"),
    "export": ("exported from the audit log", "export from the audit log"),
    "fetch": ("fetched an export of the audit log", "fetch an export of the audit log"),
    "import": ("imported events into the audit log", "import events into the audit log"),
    "facets": ("counted values in the audit log", "count values in the audit log"),
    "histogram": ("counted in the audit log, by time", "count in the audit log, by time"),
    "count": ("counted in the audit log", "count in the audit log"),
    "related": ("looked around an event of the audit log", "look around an event of the audit log"),
    "feed": ("read the feed of the audit log", "read the feed of the audit log"),
    "tail": ("followed the audit log", "follow the audit log"),
    "poll": ("polled a webhook", "poll a webhook"),
}
# What is done with a webhook that is there.
_WEBHOOKS: Mapping[str, tuple[str, str]] = {
    "rotate": ("gave a new secret to", "give a new secret to"),
    "reveal": ("looked at the secret of", "look at the secret of"),
    "enable": ("enabled", "enable"),
    "disable": ("disabled", "disable"),
    "test": ("sent a test to", "send a test to"),
    "resend": ("sent an event again to", "send an event again to"),
    "replay": ("sent events again to", "send events again to"),
    "cancel-replay": ("stopped a replay to", "stop a replay to"),
}


def sentence(event: Event) -> str:
    """``maya@acme.test changed 5 fields of user 7: not_allowed``."""
    family, _, name = event.type.partition(".")
    if event.type == READ_TYPE and event.source == "system":
        said = f"{_someone(event)} {read_act(event)}"
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
    past, tried = _ACCESS.get(name, (_words(name), _words(name)))
    act = f"failed to {tried}" if failed else past
    if failed and name not in _ACCESS:
        act = f"failed: {tried}"
    claimed = _text(event, "username")
    as_whom = f" as {_short(claimed)}" if claimed and claimed != who(event) else ""

    return f"{_someone(event)} {act}{as_whom}"


def _request(event: Event) -> str:
    method, path = _text(event, "method"), _text(event, "path") or event.resource_path
    status = (event.details or {}).get("status")
    asked = " ".join(_short(part) for part in (method, path) if part) or "a page"
    if event.type == DENIED:
        return f"{_someone(event)} was refused {asked}{_times(event)}"
    came = ""
    if isinstance(status, int) and status >= HTTPStatus.BAD_REQUEST:
        came = f" and was refused ({status})" if status in _REFUSED else f" and got {status}"

    return f"{_someone(event)} requested {asked}{came}"


def _times(event: Event) -> str:
    """How many a counted event stands for."""
    times = (event.details or {}).get("repeated")

    return f", {amount(times, 'time')}" if isinstance(times, int) else ""


def _admin(event: Event) -> str:
    past, tried = _OPERATIONS.get(event.operation_type or "", (None, None))
    if event.type == "admin.WEBHOOK-ACTION" and event.source == "system":
        past, tried = _WEBHOOKS.get(_text(event, "action") or "", (past, tried))
    if past is None:
        return _own(event)
    act = f"failed to {tried}" if event.error else past
    changes = (event.details or {}).get("changes")
    fields = ""
    if event.operation_type == "UPDATE" and isinstance(changes, Mapping) and changes:
        fields = f" {amount(len(changes), 'field')} of"

    return f"{_someone(event)} {act}{fields} {target(event) or 'something'}"


def read_act(event: Event) -> str:
    """What was done to the log: ``searched the audit log, 50 records``."""
    past, tried = _READS.get(_text(event, "action") or "", ("read the audit log", "read it"))
    act = f"failed to {tried}" if event.error else past
    records = (event.details or {}).get("records")
    found = ""
    if isinstance(records, int) and _text(event, "action") != "view":
        found = f", {amount(records, 'record')}"

    return f"{act}{found}"


def _system(event: Event, name: str) -> str:
    words = _words(name).capitalize()
    message = _text(event, "message") or _text(event, "summary")
    return f"{words}: {_short(message)}" if message else words


def _own(event: Event) -> str:
    on = f" on {_short(event.resource_path)}" if event.resource_path else ""
    name = who(event)
    by = f" by {_short(name)}{_for_whom(event)}" if name else ""
    return f"{_short(event.type)}{on}{by}"


def _someone(event: Event) -> str:
    for_whom = _for_whom(event)
    return f"{_short(who(event) or 'Someone')}{for_whom}{',' if for_whom else ''}"


def _for_whom(event: Event) -> str:
    stands_for = stood_for(event)
    return f", on behalf of {_short(stands_for[1])}" if stands_for else ""


def _text(event: Event, key: str) -> str | None:
    value = (event.details or {}).get(key)
    return value_text(value) if isinstance(value, str | int) and value != "" else None


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").lower()


def _short(text: str) -> str:
    return cut(text, LONGEST_PART)
