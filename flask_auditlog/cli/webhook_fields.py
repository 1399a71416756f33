"""What a webhook is said to be on the command line.

Secrets and headers come from files: what stands on a command line is seen by every user of
the machine, and kept in the shell's history.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from typing import get_args
from typing import IO

import click
from msgspec import UNSET

from ..delivery.given import Given
from ..errors import Fault
from ..errors import InvalidWebhook
from ..store.webhooks import Algorithm
from ..store.webhooks import AuthType
from ..store.webhooks import Ordering
from ..store.webhooks import Signatures

# More is no secret, and no header.
_MOST = 64 * 1024
# Where a private key stands in a file with certificates.
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----\n?")

_FIELDS: tuple[Callable[[Any], Any], ...] = (
    click.option("--url", default=None, help="Where events go."),
    click.option(
        "--polling-only",
        is_flag=True,
        default=None,
        help="Instead of a URL, of a new one: nothing is sent to it, it is asked for its events.",
    ),
    click.option(
        "--type",
        "event_types",
        multiple=True,
        metavar="PATTERN",
        help="A type it wants; `*` stands for any text. Give it once for each.",
    ),
    click.option(
        "--filter",
        default=None,
        metavar="QUERY",
        help="Of those types, only what this query finds: `org:acme -error:*`. Empty: all.",
    ),
    click.option(
        "--exclude-client",
        "exclude_clients",
        multiple=True,
        help="A client whose events are not sent to it: its own echoes.",
    ),
    click.option("--description", default=None, help="What it is for."),
    click.option(
        "--auth",
        "auth_type",
        type=click.Choice(get_args(AuthType)),
        default=None,
        help="How it knows us: by signatures (hmac, what a new one has), tokens (bearer), or not.",
    ),
    click.option(
        "--algorithm",
        type=click.Choice(get_args(Algorithm)),
        default=None,
        help="Of Phase Two's signature.",
    ),
    click.option("--audience", default=None, help="Whom the tokens of bearer are for."),
    click.option(
        "--signatures",
        type=click.Choice(get_args(Signatures)),
        default=None,
        help="Standard Webhooks', Phase Two's, or both.",
    ),
    click.option(
        "--secret-file",
        "secret",
        type=click.File(),
        default=None,
        help="A file with the secret to sign with; - for standard input.",
    ),
    click.option(
        "--headers-file",
        "headers",
        type=click.File(),
        default=None,
        help="A file with headers of your own, a line each: `X-Key: value`.",
    ),
    click.option(
        "--certificate-file",
        "certificate",
        type=click.File(),
        default=None,
        help="A file in PEM with the certificate by which it knows us, and its key.",
    ),
    click.option(
        "--ca-file",
        "ca",
        type=click.File(),
        default=None,
        help="A file in PEM with the authorities that it is known by, in place of the system's.",
    ),
    click.option(
        "--attributes",
        default=None,
        metavar="JSON",
        help="What is to be kept with it: an object.",
    ),
    click.option(
        "--ordering",
        type=click.Choice(get_args(Ordering)),
        default=None,
        help="fifo: one event at a time, in the order of the log; one that fails holds up the rest.",
    ),
    click.option("--timeout", type=float, default=None, help="Seconds an attempt may take."),
    click.option("--rate-limit", type=float, default=None, help="Most deliveries a second."),
)


def fields(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for each field of a webhook."""
    for option in reversed(_FIELDS):
        function = option(function)

    return function


def given(said: dict[str, Any]) -> Given:
    """Return what was said by these options. What was not given stays as it is.

    :raises InvalidWebhook: for a file or an object that is none.
    """
    values = {name: value for name, value in said.items() if value is not None and value != ()}
    if "secret" in values:
        values["secret"] = read(values["secret"]).strip()
    if "headers" in values:
        values["headers"] = _headers(read(values["headers"]))
    if tls := _tls(values):
        values["tls"] = tls
    if "attributes" in values:
        values["attributes"] = _object(values["attributes"])

    return Given(**{name: values.get(name, UNSET) for name in Given.__struct_fields__})


def read(file: IO[str]) -> str:
    """Return the text of a file. :raises InvalidWebhook: when it is none, or too long."""
    try:
        text = file.read(_MOST + 1)
    except UnicodeDecodeError as error:
        raise InvalidWebhook("The file is not a text in UTF-8.") from error
    if len(text) > _MOST:
        raise InvalidWebhook("The file is too long.")

    return text


def _headers(text: str) -> dict[str, object]:
    headers: dict[str, object] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, found, value = line.partition(":")
        if not found or name in headers:
            message = "Each line of the file is a header that is given once: `X-Key: value`."
            raise InvalidWebhook(faults=[Fault("headers", message)])
        headers[name] = value.strip()

    return headers


def _tls(values: dict[str, Any]) -> dict[str, str]:
    """Return what was said of TLS: both files together, as they replace what there was."""
    said: dict[str, str] = {
        name: read(values[name]) for name in ("certificate", "ca") if name in values
    }
    # A file with both: each is the part of its own.
    if keys := _KEY.findall(said.get("certificate", "")):
        said |= {"certificate": _KEY.sub("", said["certificate"]), "key": keys[0]}

    return said


def _object(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidWebhook(faults=[Fault("attributes", "attributes is an object of JSON.")])

    return value
