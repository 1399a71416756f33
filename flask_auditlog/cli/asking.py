"""A query on the command line: its options, and what they ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..errors import QueryError
from ..state import current
from ..store import Query
from ..store import Scope
from ..web.args import FILTERS
from ..web.args import LANGUAGE
from ..web.args import query_from


def filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a query, and one option for each filter, as they are called everywhere."""
    options = [
        click.option(
            f"--{name.replace('_', '-')}", name, default=None, help=each.help.replace("`", "")
        )
        for name, each in FILTERS.items()
    ]
    options.append(click.option("--zone", default=None, help=LANGUAGE["zone"].replace("`", "")))
    options.append(
        click.option("--realm", default=None, help="The realm; the app's own if not given.")
    )
    options.append(
        click.option(
            "--detail",
            "details",
            multiple=True,
            metavar="PATH=VALUE",
            help="What stands in the details, as plan.name=pro.",
        )
    )
    for option in reversed(options):
        function = option(function)

    return click.argument("q", metavar="[QUERY]", required=False)(function)


def asked(given: dict[str, Any]) -> tuple[Query, Scope]:
    """Return the query of a command's options, and its scope: operators see all of a realm."""
    realm = given.pop("realm") or current().settings.realms[0]
    if realm not in current().store.realms:
        raise QueryError(f"There is no realm {realm}. `flask auditlog realm list` shows all.")
    params = {
        name: value for name, value in given.items() if name != "details" and value is not None
    }
    for pair in given["details"]:
        path, found, value = pair.partition("=")
        if not found:
            raise QueryError("--detail is written as PATH=VALUE.", field="details")
        params[f"details.{path}"] = value

    return query_from(params, also=()), Scope(realm=realm, organization_id=None)
