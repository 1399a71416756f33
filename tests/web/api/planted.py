"""One of everything that an address of the API can name."""

from __future__ import annotations

from tests.web.api.conftest import Log
from tests.web.api.hooks import send

BASE = "/audit/realms/default"


def plant(log: Log, token: str) -> dict[str, str]:
    """Put an event, a webhook, a send and a replay into the log; return what stands in paths."""
    client, headers = log.app.test_client(), {"Authorization": f"Bearer {token}"}
    login = {"type": "planted.event", "resourcePath": "planted/1", "details": {"plan": "pro"}}
    uid = client.post(f"{BASE}/events", json=login, headers=headers).get_json()["uid"]
    hook = {"url": "https://siem.example.com/", "enabled": True, "eventTypes": ["*"]}
    made = client.post(f"{BASE}/webhooks", json=hook, headers=headers)
    webhook = made.headers["Location"].rpartition("/")[2]
    sent = client.post(f"{BASE}/webhooks/{webhook}/test", headers=headers).get_json()["id"]
    send(log, phases={"dns": 1.5}, address="192.0.2.1", response_headers={"server": "x"})
    begun = client.post(
        f"{BASE}/webhooks/{webhook}/replay", json={"after": 1688990400000}, headers=headers
    )

    return {
        "realm": "default",
        "uid": uid,
        "kind": "admin",
        "webhook_id": webhook,
        "send_id": sent,
        "replay_id": begun.get_json()["id"],
    }
