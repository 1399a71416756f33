"""What there is to be seen, and whose it is: in every field a word that nobody else has."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from flask import Flask
from flask import request
from flask.testing import FlaskClient
from msgspec import structs

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog.event import encode
from flask_auditlog.event import new_uid
from flask_auditlog.state import of
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import Scope
from flask_auditlog.store.promises.files import File
from flask_auditlog.store.promises.saving import SavedView
from flask_auditlog.store.promises.viewing import ALLOWED
from tests.web.admin.samples import event
from tests.web.admin.samples import NOON
from tests.web.api.conftest import Log
from tests.web.api.hooks import send

HOME, AWAY = "default", "elsewhere"
NOWHERE_MARK = "zqeeeeenowhere"
# Whose exports those are that were made in the background.
OWNER = "acme's auditor"


@dataclass
class Place:
    """Somebody's part of the log, with one of everything; *ids* stand in addresses."""

    mark: str
    realm: str
    organization: str | None
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"10.77.{len(self.mark)}.7"

    def filters(self) -> dict[str, str]:
        """For each filter a value that finds what is here, and nothing anywhere else."""
        mark = self.mark
        return {
            "type": f"{mark}.paid",
            "actor": f"{mark}-user",
            "user": f"{mark}-user",
            "username": f"{mark}-name",
            "client": f"{mark}-client",
            "session": f"{mark}-session",
            "ip": self.address,
            "org": self.organization or mark,
            "resource": f"{mark}/1",
            "resource_type": f"{mark}-kind",
            "request": f"{mark}-request",
            "text": f"{mark}-text",
            "details.plan": f"{mark}-plan",
            "q": f"details.plan:{mark}-plan OR username:{mark}-name",
        }

    def queries(self) -> dict[str, str]:
        """Queries that find what is here by one field or in one manner, and nothing anywhere else."""
        mark, filters = self.mark, self.filters()
        # Texts and whole queries have their own below; an organization has a test of its own.
        mine = {
            name: f"{name}:{value}"
            for name, value in filters.items()
            if name not in {"org", "text", "q"}
        }

        return {
            **mine,
            "error": f"error:{mark}-error",
            "text": f'"{mark}-text"',
            "a network": f"ip:{self.address.rpartition('.')[0]}.0/24",
            "a beginning": f"session:{mark}-*",
            "an end": f"error:*{mark[2:]}-error",
            "either": f"client:{mark}-client OR error:{mark}-error OR {mine['ip']}",
            "both": f"{mine['request']} error:* -resource:{NOWHERE_MARK}/1",
            "all but none": f"-(-{mine['session']})",
        }

    def words(self) -> set[str]:
        """What nobody reads who may not see this."""
        return {self.mark, self.address, *self.ids.values()} - {"admin", HOME}


# The same organization in another realm is another one. No mark is so short that a token, which is
# random, has it by chance.
PLACES: Mapping[str, Place] = {
    "nobody": Place("zqalone", HOME, None),
    "acme": Place("zqbbacme", HOME, "zqbbacme"),
    "globex": Place("zqcccglobex", HOME, "zqcccglobex"),
    "elsewhere": Place("zqddddelsewhere", AWAY, "zqbbacme"),
}
# Of which there is nothing at all.
NOWHERE = Place(NOWHERE_MARK, HOME, NOWHERE_MARK)
# Those of the home realm.
ALL = frozenset({"nobody", "acme", "globex"})

# Who may look at what and change what on the pages of the home realm: whole, or of one.
PEOPLE: Mapping[str, tuple[str | None, str | None]] = {
    "operator": ("whole", "whole"),
    "auditor": ("whole", None),
    "acme's admin": ("zqbbacme", "zqbbacme"),
    "acme's auditor": ("zqbbacme", None),
    "of nothing": ("zqeeeeenowhere", "zqeeeeenowhere"),
    "stranger": (None, None),
}


def make_world() -> Log:
    """An app where everybody has something, and the people on its pages say who they are."""
    app = Flask("host")
    app.config.update(
        TESTING=True,
        SECRET_KEY="test",
        SERVER_NAME="localhost",
        AUDITLOG_REALMS=[HOME, AWAY],
        AUDITLOG_RATE_LIMIT=None,
    )
    audit = AuditLog(app)

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        who = request.headers.get("X-As", "stranger")
        if who == "of elsewhere":
            return realm == AWAY
        may = PEOPLE[who][permission == "manage-events"]
        return realm == HOME and may is not None and may == (organization_id or "whole")

    @audit.organization_loader
    def organization() -> str | None:
        may = PEOPLE.get(request.headers.get("X-As", ""), (None, None))[0]
        return None if may == "whole" else may

    @audit.actor_loader
    def actor() -> Actor | None:
        who = request.headers.get("X-As")
        return Actor(user_id=who) if who else None

    log = Log(app, audit)
    for place in PLACES.values():
        _fill(log, place)

    return log


def _fill(log: Log, place: Place) -> None:
    found = place.filters()
    actor = Actor(
        client_id=found["client"],
        user_id=found["user"],
        ip_address=found["ip"],
        username=found["username"],
        session_id=found["session"],
    )
    it = event(
        found["type"],
        time=NOON,
        realm_id=place.realm,
        organization_id=place.organization,
        auth_details=actor,
        resource_type=found["resource_type"],
        resource_path=found["resource"],
        request_id=found["request"],
        operation_type="CREATE",
        error=f"{place.mark}-error",
        user_agent=f"{place.mark}-agent",
        details={"plan": found["details.plan"], "note": found["text"]},
    )
    with log.app.app_context():
        log.audit.events.append([encode(it)])
        token, secret = log.audit.events.tokens.create(
            name=f"{place.mark}-token",
            realm=place.realm,
            permissions=PERMISSIONS,
            organization_id=place.organization,
        )
        view = SavedView(
            id=f"{place.mark}-view-id",
            realm=place.realm,
            organization_id=place.organization,
            owner=f"{place.mark}-owner",
            is_shared=True,
            name=f"{place.mark}-view",
            search=f"username={place.mark}-name",
            created_time=NOON,
        )
        log.audit.events.saved_views.add(view, at_most=9)
    place.ids = {"realm": HOME, "kind": "admin", "uid": it.uid}
    place.ids |= {"token_id": token.id, "view_id": view.id}
    place.ids["file_id"] = _fill_files(log, place, f"user {OWNER}")
    place.ids["guest_file_id"] = _fill_files(log, place, f"viewer user {place.mark}-guest")
    _fill_webhooks(log, place, secret)
    if place.organization is not None:
        place.ids["token"] = make_link(log, place, allow=ALLOWED)
        place.ids["token_to_read"] = make_link(log, place)
        scope = Scope(realm=place.realm, organization_id=place.organization)
        with log.app.app_context():
            links = of(log.app).store.viewer_links.living(scope, at_most=9)
        place.ids |= {"link_id": links[-1].id, "link_to_read": links[0].id}


def make_link(log: Log, place: Place, **options: Any) -> str:
    """The secret of a viewer link to what is in *place*."""
    assert place.organization is not None
    with log.app.test_request_context(headers={"X-As": "operator"}):
        url = log.audit.viewer_url(
            place.organization,
            actor=f"{place.mark}-guest",
            realm=place.realm,
            organization_name=f"{place.mark}-name",
            **options,
        )

    return url.rstrip("/").rpartition("/")[2]


def expired_link(log: Log) -> str:
    """The secret of a link to acme whose time is over."""
    with log.app.app_context():
        links = log.audit.events.viewer_links
        living = links.find(PLACES["acme"].ids["token"])
        assert living is not None
        return links.add(structs.replace(living, id="expired", expires_time=_now() - 1))


def _fill_files(log: Log, place: Place, owner: str) -> str:
    """An export that was made in the background, for somebody who was let in elsewhere since."""
    with log.app.app_context():
        files = log.audit.events.files
        begun = File(
            id=new_uid(),
            realm=place.realm,
            organization_id=place.organization,
            owner=owner,
            actor="{}",
            format="ndjson",
            query="{}",
            asked=json.dumps({"q": f"type:{place.mark}.*"}),
        )
        files.begin(begun, most=9)
        claimed = files.claim("lease", seconds=60)
        assert claimed is not None
        chunk = f"{place.mark}-line\n".encode()
        assert files.finish(claimed, state="done", expires=3600, chunk=chunk)

    return begun.id


def _fill_webhooks(log: Log, place: Place, secret: str) -> None:
    client: FlaskClient = log.app.test_client()
    base = f"/audit/realms/{place.realm}"

    def asked(method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = client.open(f"{base}{path}", method=method, headers=headers, buffered=True, **more)
        assert answer.status_code < 300, answer.text
        return answer

    hook = {
        "url": f"https://{place.mark}.example.com/",
        "description": f"{place.mark}-webhook",
        "enabled": True,
        "authType": "hmac",
        "eventTypes": [f"{place.mark}.*"],
        "attributes": {"of": place.mark},
    }
    made = asked("POST", "/webhooks", json=hook).headers["Location"].rpartition("/")[2]
    sent = asked("POST", f"/webhooks/{made}/test").get_json()["id"]
    send(log, response_body=f"{place.mark}-answer")
    begun = asked("POST", f"/webhooks/{made}/replay", json={"after": NOON}).get_json()["id"]
    export = asked("GET", f"/events/export?format=ndjson&type={place.mark}.*")
    place.ids |= {
        "webhook_id": made,
        "endpoint_id": made,
        "send_id": sent,
        "delivery_id": sent,
        "replay_id": begun,
        "export_uid": export.headers["Link"].partition(">")[0].rpartition("/")[2],
    }


def state_of(log: Log) -> Any:
    """All that a caller could change, to be compared."""
    store = of(log.app).store
    scopes = [Scope(realm=realm, organization_id=None) for realm in (HOME, AWAY)]
    with log.app.app_context():
        endpoints = [
            each for scope in scopes for each in store.endpoints.all(scope, first=0, limit=100)
        ]
        return (
            [(each.id, each.version, each.enabled, each.url) for each in endpoints],
            [store.sent.to_endpoint(each.id, scope) for scope in scopes for each in endpoints],
            [store.replays.all(each.id, scope) for scope in scopes for each in endpoints],
            sorted((each.id, each.revoked_time) for each in store.tokens.all()),
            [
                each.id
                for place in PLACES.values()
                for each in store.saved_views.seen(
                    Scope(realm=place.realm, organization_id=place.organization), None, at_most=99
                )
            ],
            [
                each.state
                for place in PLACES.values()
                for owner in (f"user {OWNER}", f"viewer user {place.mark}-guest")
                for each in store.files.mine(
                    owner,
                    Scope(realm=place.realm, organization_id=place.organization),
                    limit=99,
                )
            ],
            [each.id for scope in scopes for each in store.viewer_links.living(scope, at_most=99)],
            len([each for each in log.bodies() if each["type"] == "written"]),
        )


def secrets_of(log: Log) -> dict[str, tuple[str | None, frozenset[str], Sequence[str]]]:
    """The callers of the API of the home realm: their secret, what they see, what they may."""
    acme, one = PLACES["acme"].organization, frozenset({"acme"})
    dead: dict[str, tuple[str | None, frozenset[str], Sequence[str]]] = {
        "anonymous": (None, frozenset(), ()),
        "unknown": ("al_" + "x" * 43, frozenset(), ()),
        "expired": (log.token(*PERMISSIONS, expires_time=_now() - 1), frozenset(), ()),
        "revoked": (_revoked(log), frozenset(), ()),
        "of elsewhere": (log.token(*PERMISSIONS, realm=AWAY), frozenset(), ()),
    }
    for name in PERMISSIONS:
        dead[name] = (log.token(name), ALL, [name])
        dead[f"{name} of acme"] = (log.token(name, organization_id=acme), one, [name])

    return {
        **dead,
        "everything": (log.token(*PERMISSIONS), ALL, PERMISSIONS),
        "everything of acme": (log.token(*PERMISSIONS, organization_id=acme), one, PERMISSIONS),
        "everything of nothing": (
            log.token(*PERMISSIONS, organization_id=NOWHERE.organization),
            frozenset(),
            PERMISSIONS,
        ),
    }


def _revoked(log: Log) -> str:
    with log.app.app_context():
        token, secret = log.audit.events.tokens.create(
            name="revoked", realm=HOME, permissions=PERMISSIONS
        )
        log.audit.events.tokens.revoke(token.id)
    return secret


def _now() -> int:
    return time.time_ns() // 1_000_000
