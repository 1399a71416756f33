"""Which field was meant by a name that is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from os.path import commonprefix

from .fields import FIELDS

# What an event's JSON and other logs call them, without what only parts the words. Their letters
# lead elsewhere: `organization` is nearest to `operation`.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "type": ("eventtype",),
    "actor": ("actorid", "who"),
    "user": ("userid",),
    "username": ("email",),
    "client": ("clientid",),
    "session": ("sessionid",),
    "ip": ("ipaddress", "address", "clientip", "remoteaddr"),
    "org": ("organization", "organisation", "organizationid", "orgid", "tenant", "tenantid"),
    "resource": ("resourcepath", "path"),
    "resource_type": ("resourcetype",),
    "operation": ("operationtype",),
    "request": ("requestid",),
    "time": ("timestamp", "date", "datetime", "when"),
    "after": ("since", "from"),
    "before": ("until", "to"),
}
_OURS = {name: field for field, names in _CALLED.items() for name in names}


def called(name: str) -> str | None:
    """Return the field that others call *name*, as in ``authDetails.userId``."""
    last = name.rpartition(".")[2].lower()

    return _OURS.get(last.replace("_", "").replace("-", ""))


def near(name: str) -> str | None:
    """Return the field whose letters are nearest to those of *name*, if any are near."""
    name = name.lower().replace("-", "_")
    found = get_close_matches(name, FIELDS)
    # Among those as near, `acter` is rather `actor` than `after`.
    return max(found, key=lambda each: len(commonprefix([each, name])), default=None)  # noqa: RUF071 (letters)
