"""What is done, in words: as it was done, and as it was tried. Pure.

They are parts of sentences, and are translated as such.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..words import N_

Act = tuple[str, str]

# The name of an access event: what was done, and what was tried and failed.
ACCESS: Mapping[str, Act] = {
    "LOGIN": (N_("logged in"), N_("log in")),
    "LOGOUT": (N_("logged out"), N_("log out")),
    "REGISTER": (N_("registered"), N_("register")),
    "CLIENT_LOGIN": (N_("logged in as a client"), N_("log in as a client")),
    "IMPERSONATE": (N_("began to act as another user"), N_("act as another user")),
    "SOCIAL_LINK": (N_("linked a social account"), N_("link a social account")),
    "REMOVE_SOCIAL_LINK": (N_("removed a social account"), N_("remove a social account")),
    "UPDATE_EMAIL": (N_("changed their email address"), N_("change their email address")),
    "UPDATE_PROFILE": (N_("changed their profile"), N_("change their profile")),
    "UPDATE_PASSWORD": (N_("changed their password"), N_("change their password")),
    "RESET_PASSWORD": (N_("reset their password"), N_("set a new password")),
    "SEND_RESET_PASSWORD": (N_("asked to reset their password"), N_("ask for a new password")),
    "UPDATE_TOTP": (N_("set up two-factor login"), N_("turn on two-factor login")),
    "REMOVE_TOTP": (N_("removed two-factor login"), N_("remove two-factor login")),
    "UPDATE_CREDENTIAL": (N_("changed a credential"), N_("change a credential")),
    "REMOVE_CREDENTIAL": (N_("removed a credential"), N_("remove a credential")),
    "VERIFY_EMAIL": (N_("confirmed their email address"), N_("confirm their email address")),
    "SEND_VERIFY_EMAIL": (N_("was sent a link to confirm"), N_("get a link to confirm")),
    "CODE_TO_TOKEN": (N_("exchanged a code for a token"), N_("exchange a code for a token")),
    "REFRESH_TOKEN": (N_("refreshed a token"), N_("refresh a token")),
    "TOKEN_EXCHANGE": (N_("exchanged a token"), N_("exchange a token")),
    "GRANT_CONSENT": (N_("gave consent"), N_("give consent")),
    "REVOKE_GRANT": (N_("withdrew consent"), N_("withdraw consent")),
    "DELETE_ACCOUNT": (N_("deleted their account"), N_("delete their account")),
}
OPERATIONS: Mapping[str, Act] = {
    "CREATE": (N_("created %(what)s"), N_("create %(what)s")),
    "UPDATE": (N_("changed %(what)s"), N_("change %(what)s")),
    "DELETE": (N_("deleted %(what)s"), N_("delete %(what)s")),
    "ACTION": (N_("acted on %(what)s"), N_("act on %(what)s")),
}
READS: Mapping[str, Act] = {
    "search": (N_("searched the audit log"), N_("search the audit log")),
    "view": (N_("looked at an event of the audit log"), N_("look at an event of the audit log")),
    "export": (N_("exported from the audit log"), N_("export from the audit log")),
    "fetch": (N_("fetched an export of the audit log"), N_("fetch an export of the audit log")),
    "import": (N_("imported events into the audit log"), N_("import events into the audit log")),
    "facets": (N_("counted values in the audit log"), N_("count values in the audit log")),
    "histogram": (N_("counted in the audit log, by time"), N_("count in the audit log, by time")),
    "count": (N_("counted in the audit log"), N_("count in the audit log")),
    "related": (
        N_("looked around an event of the audit log"),
        N_("look around an event of the audit log"),
    ),
    "feed": (N_("read the feed of the audit log"), N_("read from the feed of the audit log")),
    "tail": (N_("followed the audit log"), N_("follow the audit log")),
    "poll": (N_("polled a webhook"), N_("poll a webhook")),
}
# What is done with a webhook that is there.
WEBHOOKS: Mapping[str, Act] = {
    "rotate": (N_("gave a new secret to %(what)s"), N_("give a new secret to %(what)s")),
    "reveal": (N_("looked at the secret of %(what)s"), N_("look at the secret of %(what)s")),
    "enable": (N_("enabled %(what)s"), N_("enable %(what)s")),
    "disable": (N_("disabled %(what)s"), N_("disable %(what)s")),
    "test": (N_("sent a test to %(what)s"), N_("send a test to %(what)s")),
    "resend": (N_("sent an event again to %(what)s"), N_("send an event again to %(what)s")),
    "replay": (N_("sent events again to %(what)s"), N_("send events again to %(what)s")),
    "cancel-replay": (N_("stopped a replay to %(what)s"), N_("stop a replay to %(what)s")),
}
