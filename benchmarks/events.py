"""Made-up events: about 1 KB each, shaped and distributed as a cloud's audit trail is.

Everything follows from the number of the event, so that two runs measure the same log.
"""

from __future__ import annotations

import random
import uuid
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from flask_auditlog.event import Actor
from flask_auditlog.event import Event

DAY = 24 * 3600 * 1000
# 2025-01-01, the beginning of the made-up year.
BEGIN = 1_735_689_600_000

_SERVICES = {
    "aws.iam": ("ListRoles", "GetUser", "CreateUser", "AttachRolePolicy", "DeleteAccessKey"),
    "aws.s3": ("GetObject", "PutObject", "GetBucketAcl", "GetBucketPolicy", "DeleteBucket"),
    "aws.ec2": ("DescribeInstances", "RunInstances", "DescribeRegions", "StopInstances"),
    "aws.sts": ("AssumeRole", "GetCallerIdentity", "GetSessionToken"),
    "aws.kms": ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey"),
    "aws.lambda": ("Invoke", "ListFunctions20150331", "UpdateFunctionCode20150331v2"),
    "access": ("LOGIN", "LOGOUT", "CODE_TO_TOKEN", "REFRESH_TOKEN", "UPDATE_PASSWORD"),
    "admin": ("USER-CREATE", "USER-UPDATE", "CLIENT-UPDATE", "GROUP_MEMBERSHIP-DELETE"),
    "invoice": ("created", "sent", "paid", "cancelled"),
}
TYPES = tuple(f"{service}.{name}" for service, names in _SERVICES.items() for name in names)
_REGIONS = ("us-east-1", "eu-central-1", "eu-north-1", "ap-southeast-2")
_AGENTS = (
    "Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165",
    "aws-cli/2.12.1 Python/3.11.4 Linux/6.2.0-26-generic exe/x86_64.ubuntu.22",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/115.0",
)
_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "ACTION")

# Of every hundred thousand events these few are about one that is looked for.
NEEDLE_EVERY = 100_000
NEEDLE_AT = 77
# Someone who did much, long ago, and nothing since: the worst case of reading from the end.
LEFT = "left-long-ago"


def _weights(count: int) -> list[float]:
    """Few are frequent and many are rare (Zipf's law)."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


_USERS, _ORGS, _KINDS = _weights(5000), _weights(300), _weights(len(TYPES))


def _draw(chance: random.Random, weights: list[float]) -> int:
    return bisect(weights, chance.random() * weights[-1])


def events(count: int, *, seed: int = 1) -> Iterator[Event]:
    """Yield *count* complete events, about a year of them, nearly in the order of time."""
    chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
    step = 365 * DAY // count
    for number in range(count):
        needle = number % NEEDLE_EVERY == NEEDLE_AT
        time = BEGIN + number * step + chance.randrange(step + 2000)
        yield _needle(chance, time) if needle else _event(chance, number, count, time)


def _event(chance: random.Random, number: int, count: int, time: int) -> Event:
    user = _draw(chance, _USERS)
    kind = TYPES[_draw(chance, _KINDS)]
    # One in 20 of the first tenth, and none since.
    left = number < count // 10 and number % 20 == 0
    operation = _OPERATIONS[number % 4]
    family = _family(kind)

    return Event(
        uid=str(uuid.UUID(int=time << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62))),
        time=time,
        realm_id="default",
        organization_id=f"org-{_draw(chance, _ORGS)}",
        type=kind,
        operation_type=operation,
        resource_type=family,
        resource_path=f"projects/{user % 40}/{family.lower()}/{chance.randrange(100_000)}",
        error="AccessDenied" if chance.random() < 0.03 else None,
        auth_details=Actor(
            realm_id="default",
            client_id=f"client-{user % 12}",
            user_id=LEFT if left else f"user-{user}",
            username=f"{LEFT}@acme.test" if left else f"user{user}@acme.test",
            ip_address=f"10.{user % 250}.{chance.randrange(4)}.{chance.randrange(256)}",
            session_id=f"{user:06x}{number // 2000:08x}",
        ),
        request_id=f"{time:x}-{chance.getrandbits(48):012x}",
        source="capture",
        user_agent=_AGENTS[user % 3],
        details=_details(chance, kind, user),
    )


def _family(kind: str) -> str:
    first, second = kind.split(".")[:2]
    return {"aws": second.upper(), "admin": second.partition("-")[0]}.get(first, first.upper())


def _needle(chance: random.Random, time: int) -> Event:
    return Event(
        uid=str(uuid.UUID(int=time << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62))),
        time=time,
        realm_id="default",
        organization_id="org-needle",
        type="needle.haystack.found",
        operation_type="ACTION",
        resource_type="NEEDLE",
        resource_path="needles/1/eye",
        error="NeedleInHaystack",
        auth_details=Actor(
            realm_id="default",
            client_id="client-needle",
            user_id="user-needle",
            username="needle@acme.test",
            ip_address="203.0.113.7",
            session_id="needle-session",
        ),
        request_id="needle-request",
        source="capture",
        user_agent=_AGENTS[0],
        details=_details(chance, "needle.haystack.found", 0) | {"clue": "rumpelstiltskin"},
    )


def _details(chance: random.Random, kind: str, user: int) -> dict[str, Any]:
    service, _, name = kind.rpartition(".")
    account = f"{123_837_392_027 + user % 7}"
    who = f"AIDATFQR{user:04d}NSC5U6Q3"
    bucket = f"acme-{user % 40}-evidence-{chance.getrandbits(64):016x}"

    return {
        "eventID": f"{chance.getrandbits(128):032x}",
        "awsRegion": _REGIONS[user % 4],
        "userIdentity": {
            "type": "IAMUser",
            "principalId": who,
            "arn": f"arn:aws:iam::{account}:user/user{user}",
            "accountId": account,
            "userName": f"user{user}",
        },
        "requestParameters": {
            "name": name,
            "bucketName": bucket,
            "Host": f"{bucket}.{service}.{_REGIONS[user % 4]}.example.com",
            "maxResults": chance.randrange(1000),
            "dryRun": user % 2 == 0,
        },
        "requestID": f"{chance.getrandbits(64):016X}",
        "recipientAccountId": account,
    }


def posts(count: int, *, seed: int = 2) -> Iterator[dict[str, Any]]:
    """Yield *count* events as an ordinary caller of the API sends them, about 1 KB each."""
    for number, event in enumerate(events(count, seed=seed)):
        yield {
            "type": f"aws.trail.{TYPES[number % len(TYPES)]}",
            "time": event.time,
            "resourceType": event.resource_type,
            "resourcePath": event.resource_path,
            **({"error": event.error} if event.error else {}),
            "details": {**(event.details or {}), "userAgent": event.user_agent, "note": "x" * 220},
        }
