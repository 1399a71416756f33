"""The types that the log records by itself, with one sentence each."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ACCESS = {
    "LOGIN": "Somebody logged in.",
    "LOGOUT": "Somebody logged out.",
    "REAUTHENTICATE": "Somebody who was logged in proved again who they are.",
    "RESUME_SESSION": "Somebody was logged in by the cookie of an earlier session.",
    "REGISTER": "Somebody made an account.",
    "REQUEST": "A request changed something, or was refused, and nothing more specific was recorded in it.",
    "PERMISSION_DENIED": "Somebody was refused what they asked for.",
    "REFRESH_TOKEN": "A token was renewed.",
    "CLIENT_LOGIN": "Another program logged in.",
    "SOCIAL_LINK": "An account at another provider was linked.",
    "REMOVE_SOCIAL_LINK": "The link to an account at another provider was removed.",
    "SEND_VERIFY_EMAIL": "A link to confirm an e-mail address was sent.",
    "VERIFY_EMAIL": "Somebody confirmed their e-mail address.",
    "SEND_UPDATE_EMAIL": "A link to confirm a new e-mail address was sent.",
    "UPDATE_EMAIL": "Somebody changed their e-mail address.",
    "UPDATE_PROFILE": "Somebody changed their profile.",
    "SEND_RESET_PASSWORD": "A link to reset a password was sent.",
    "RESET_PASSWORD": "Somebody reset a password they had forgotten.",
    "UPDATE_PASSWORD": "Somebody changed their password.",
    "SEND_LOGIN_LINK": "A link to log in was sent.",
    "SEND_USERNAME": "Somebody was sent the username they had forgotten.",
    "SEND_OTP": "A one-time code was sent.",
    "UPDATE_RECOVERY_CODES": "Somebody was given new recovery codes.",
    "UPDATE_TOTP": "Somebody set up a second factor.",
    "REMOVE_TOTP": "Somebody removed a second factor.",
    "UPDATE_CREDENTIAL": "Somebody added or changed a credential, such as a passkey.",
    "REMOVE_CREDENTIAL": "Somebody removed a credential, such as a passkey.",
    "IMPERSONATE": "Somebody acts as somebody else.",
}

# Of their names with ``_ERROR``. The others have none.
_FAILED = {
    "LOGIN": "A login failed.",
    "LOGOUT": "A logout failed.",
    "REAUTHENTICATE": "Somebody who was logged in could not prove again who they are.",
    "RESUME_SESSION": "An earlier session could not be resumed.",
    "REGISTER": "Somebody could not make an account.",
    "REFRESH_TOKEN": "A token could not be renewed.",
    "CLIENT_LOGIN": "The login of another program failed.",
    "SOCIAL_LINK": "An account at another provider could not be linked.",
    "REMOVE_SOCIAL_LINK": "The link to an account at another provider could not be removed.",
    "SEND_VERIFY_EMAIL": "A link to confirm an e-mail address could not be sent.",
    "VERIFY_EMAIL": "Somebody could not confirm their e-mail address.",
    "SEND_UPDATE_EMAIL": "A link to confirm a new e-mail address could not be sent.",
    "UPDATE_EMAIL": "Somebody could not change their e-mail address.",
    "UPDATE_PROFILE": "Somebody could not change their profile.",
    "SEND_RESET_PASSWORD": "A link to reset a password could not be sent.",
    "RESET_PASSWORD": "Somebody could not reset a password they had forgotten.",
    "UPDATE_PASSWORD": "Somebody could not change their password.",
    "SEND_LOGIN_LINK": "A link to log in could not be sent.",
    "SEND_USERNAME": "Somebody could not be sent the username they had forgotten.",
    "SEND_OTP": "A one-time code could not be sent.",
    "UPDATE_RECOVERY_CODES": "Somebody could not be given new recovery codes.",
    "UPDATE_TOTP": "Somebody could not set up a second factor.",
    "REMOVE_TOTP": "Somebody could not remove a second factor.",
    "UPDATE_CREDENTIAL": "Somebody could not add or change a credential, such as a passkey.",
    "REMOVE_CREDENTIAL": "Somebody could not remove a credential, such as a passkey.",
    "IMPERSONATE": "Somebody could not act as somebody else.",
}

# What was done to a resource, for names of it with "a" and with "an".
OPERATIONS: Mapping[str, tuple[str, str]] = {
    "CREATE": ("A {} was created.", "An {} was created."),
    "UPDATE": ("A {} was changed.", "An {} was changed."),
    "DELETE": ("A {} was deleted.", "An {} was deleted."),
    "ACTION": ("Something was done with a {}.", "Something was done with an {}."),
}
# By how it sounds, as far as letters tell: an upload, but a user, a unit and a one-time code.
_AN = re.compile(r"a|e(?!u)|i|o(?!ne)|up|un(?!i)")

KNOWN: Mapping[str, str] = {
    **{f"access.{name}": sentence for name, sentence in _ACCESS.items()},
    "admin.AUDIT_LOG-ACTION": "Somebody read the audit log.",
    "admin.AUDIT_LOG-CREATE": "Somebody made a realm or a token of the audit log.",
    "admin.AUDIT_LOG-DELETE": "Somebody ended a token of the audit log.",
    "system.MAINTENANCE": "Maintenance is planned.",
    "system.MAINTENANCE_OVER": "Planned maintenance is over, or was called off.",
    "system.STARTED": "The application started with another version, or another configuration of the audit log.",
    "system.WEBHOOK_DELIVERY_EXHAUSTED": "Deliveries to a webhook failed at their last attempt.",
    "system.WEBHOOK_DELIVERY_QUARANTINED": "Deliveries were put aside: the process that tried them died, again and again.",
    "system.WEBHOOK_DISABLED": "A webhook was disabled: by what its receiver answered, or after days of failures.",
    "system.WEBHOOK_FAILING": "A webhook has failed for a day or longer.",
    "system.WEBHOOK_RECOVERED": "A webhook that failed works again.",
    "system.WEBHOOK_TEST": "Somebody tested a webhook.",
    "system.UPGRADED": "The tables of the audit log were upgraded.",
}

FAILED: Mapping[str, str] = {f"access.{name}_ERROR": said for name, said in _FAILED.items()}


def meaning(type: str) -> str | None:  # noqa: A002 (the word of the wire format)
    """Return what an event of a type says, if it is one that the log records by itself."""
    known = KNOWN.get(type) or FAILED.get(type)
    if known is not None:
        return known
    kind, _, name = type.partition(".")
    resource, dash, operation = name.rpartition("-")
    if kind == "admin" and dash and resource and operation in OPERATIONS:
        return _done(resource, operation)

    return None


def _done(resource: str, operation: str) -> str:
    words = resource.replace("_", " ").replace("-", " ").lower()

    return OPERATIONS[operation][_AN.match(words) is not None].format(words)
