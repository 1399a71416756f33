"""The mixed searches: thirty-odd questions to a log of made-up events, and their SQL by hand.

Each filter once with a frequent and once with a rare value, some together, networks,
wildcards in front, a user who left long ago. The SQL is what somebody would write who
knows the table, its indexes and the answer: on SQLite with the best index by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from datetime import UTC
from ipaddress import ip_network

from flask_auditlog.store import Query
from flask_auditlog.store.address import bounds
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import printed

from .events import BEGIN
from .events import DAY
from .events import LEFT

REALM_TIME = "realm_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search; its condition in SQL, and the index that finds it best."""

    name: str
    query: Query
    sql: str
    index: str = REALM_TIME
    # Parameters of the SQL, where they are not plain text.
    values: tuple[object, ...] = ()
    # Searches the bodies, which no index of the database helps.
    scans: bool = False

    @property
    def asked(self) -> str:
        """The search, as somebody types it."""
        return " ".join(_typed(self.query)) or "(nothing)"


# In the order in which they are told.
_NAMES = (
    *("type", "actor", "user", "username", "client", "session", "request"),
    *("ip", "org", "resource", "resource_type", "operation"),
)


def _typed(query: Query) -> Iterator[str]:
    for name in _NAMES:
        if (value := getattr(query, name)) is not None:
            yield f"{name}:{value}"
    if query.error:
        yield "error:*"
    for name in ("after", "before"):
        if (value := getattr(query, name)) is not None:
            yield f"{name}:{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d}"
    yield from (f"details.{path}:{value}" for path, value in query.details)
    if query.text is not None:
        yield f'"{query.text}"' if " " in query.text else query.text
    if query.more is not None:
        yield printed(query.more)


def _between(column: str, low: str, high: str) -> str:
    return f"{column} >= '{low}' AND {column} < '{high}'"


def _network(name: str, text: str, index: str) -> Question:
    network = ip_network(text)
    return Question(
        name=name,
        query=Query(ip=network),
        sql="ip BETWEEN ? AND ?",
        values=bounds(network),
        index=index,
    )


MARCH, JUNE = BEGIN + 60 * DAY, BEGIN + 151 * DAY

QUESTIONS = (
    Question(name="everything", query=Query(), sql="1 = 1"),
    Question(
        name="type, frequent",
        query=Query(type="aws.iam.ListRoles"),
        sql="type = 'aws.iam.ListRoles'",
        index="type",
    ),
    Question(
        name="type, rare",
        query=Query(type="needle.haystack.found"),
        sql="type = 'needle.haystack.found'",
        index="type",
    ),
    Question(
        name="type begins, frequent",
        query=Query(type="aws.*"),
        sql=_between("type", "aws.", "aws/"),
    ),
    Question(
        name="type begins, rare",
        query=Query(type="needle.*"),
        sql=_between("type", "needle.", "needle/"),
        index="type",
    ),
    Question(
        name="type ends, frequent",
        query=Query(type="*.GetUser"),
        sql="type = 'aws.iam.GetUser'",
        index="type",
    ),
    Question(
        name="type ends, rare",
        query=Query(type="*.found"),
        sql="type = 'needle.haystack.found'",
        index="type",
    ),
    Question(
        name="type, in the middle",
        query=Query(type="a*.US*R-*"),
        sql="type IN ('admin.USER-CREATE', 'admin.USER-UPDATE')",
    ),
    Question(
        name="type, nothing has it",
        query=Query(type="no.such.*"),
        sql=_between("type", "no.such.", "no.such/"),
        index="type",
    ),
    Question(
        name="actor, frequent",
        query=Query(actor="user-0"),
        sql="(user_id = 'user-0' OR username = 'user-0')",
    ),
    Question(
        name="actor, rare",
        query=Query(actor="needle@acme.test"),
        sql="username = 'needle@acme.test'",
        index="username",
    ),
    Question(
        name="actor, left long ago",
        query=Query(actor=LEFT),
        sql=f"user_id = '{LEFT}'",
        index="user_id",
    ),
    Question(
        name="user, frequent", query=Query(user="user-1"), sql="user_id = 'user-1'", index="user_id"
    ),
    Question(
        name="username, middling",
        query=Query(username="user300@acme.test"),
        sql="username = 'user300@acme.test'",
        index="username",
    ),
    Question(
        name="client",
        query=Query(client="client-3"),
        sql="client_id = 'client-3'",
        index="client_id",
    ),
    Question(
        name="session",
        query=Query(session="needle-session"),
        sql="session_id = 'needle-session'",
        index="session_id",
    ),
    Question(
        name="request",
        query=Query(request="needle-request"),
        sql="request_id = 'needle-request'",
        index="request_id",
    ),
    Question(
        name="organization, frequent",
        query=Query(org="org-0"),
        sql="organization_id = 'org-0'",
        index="organization_id",
    ),
    Question(
        name="address",
        query=Query(ip=ip_network("10.9.1.77/32")),
        sql="ip = ?",
        values=bounds(ip_network("10.9.1.77/32"))[:1],
        index="ip",
    ),
    _network("network, rare", "203.0.113.0/24", "ip"),
    _network("network, middling", "10.77.0.0/16", REALM_TIME),
    _network("network, nearly all", "10.0.0.0/8", REALM_TIME),
    Question(
        name="resource and below, frequent",
        query=Query(resource="projects/3"),
        sql=_between("resource_path", "projects/3/", "projects/30"),
    ),
    Question(
        name="resource and below, rare",
        query=Query(resource="needles/1"),
        sql=_between("resource_path", "needles/1/", "needles/10"),
        index="resource_path",
    ),
    Question(
        name="resource type and operation",
        query=Query(resource_type="USER", operation="DELETE"),
        sql="resource_type = 'USER' AND operation = 'DELETE'",
        index="resource_type",
    ),
    Question(
        name="errors",
        query=Query(error=True),
        sql="error IS NOT NULL",
        index="error",
    ),
    Question(
        name="errors of a user, a quarter",
        query=Query(error=True, user="user-5", after=MARCH, before=JUNE),
        sql=f"error IS NOT NULL AND user_id = 'user-5' AND time >= {MARCH} AND time < {JUNE}",
        index="user_id",
    ),
    Question(
        name="wildcard and network, a quarter",
        query=Query(type="aws.s3.*", ip=ip_network("10.0.0.0/14"), after=MARCH, before=JUNE),
        sql=f"{_between('type', 'aws.s3.', 'aws.s3/')} AND ip BETWEEN ? AND ? "
        f"AND time >= {MARCH} AND time < {JUNE}",
        values=bounds(ip_network("10.0.0.0/14")),
    ),
    Question(
        name="type and user, both frequent",
        query=Query(type="aws.iam.GetUser", user="user-2"),
        sql="type = 'aws.iam.GetUser' AND user_id = 'user-2'",
        index="user_id",
    ),
    Question(
        name="a day",
        query=Query(after=JUNE, before=JUNE + DAY),
        sql=f"time >= {JUNE} AND time < {JUNE + DAY}",
    ),
    Question(
        name="details of a user",
        query=Query(user="user-9", details=(("requestParameters.name", "ListRoles"),)),
        sql="user_id = 'user-9' AND body LIKE '%\"name\":\"ListRoles\"%'",
        index="user_id",
    ),
    Question(
        name="details, frequent",
        query=Query(details=(("awsRegion", "eu-north-1"),)),
        sql='body LIKE \'%"awsRegion":"eu-north-1"%\'',
    ),
    Question(
        name="details, rare",
        query=Query(details=(("clue", "rumpelstiltskin"),)),
        sql='body LIKE \'%"clue":"rumpelstiltskin"%\'',
        scans=True,
    ),
    Question(
        name="text, frequent",
        query=Query(text="acme-1-evidence"),
        sql="body LIKE '%acme-1-evidence%'",
        scans=True,
    ),
    Question(
        name="text, rare",
        query=Query(text="rumpelstiltskin"),
        sql="body LIKE '%rumpelstiltskin%'",
        scans=True,
    ),
    Question(
        name="text of a user, a quarter",
        query=Query(text="us-east-1", user="user-8", after=MARCH, before=JUNE),
        sql=f"body LIKE '%us-east-1%' AND user_id = 'user-8' AND time >= {MARCH} AND time < {JUNE}",
        index="user_id",
        scans=True,
    ),
    Question(
        name="text, nowhere",
        query=Query(text="never was there"),
        sql="body LIKE '%never was there%'",
        scans=True,
    ),
    Question(
        name="text, the middle of a hash",
        query=Query(text="8ac8ce8a245e"),
        sql="body LIKE '%8ac8ce8a245e%'",
        scans=True,
    ),
    Question(
        name="text, two at once",
        query=Query(more=parse_query("rumpelstiltskin haystack")),
        sql="body LIKE '%rumpelstiltskin%' AND body LIKE '%haystack%'",
        scans=True,
    ),
    Question(
        name="text, one of two",
        query=Query(more=parse_query("rumpelstiltskin OR 8ac8ce8a245e")),
        sql="(body LIKE '%rumpelstiltskin%' OR body LIKE '%8ac8ce8a245e%')",
        scans=True,
    ),
)
