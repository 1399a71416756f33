"""The addresses of the pages, from inside any of them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from urllib.parse import urlencode

from flask import request
from flask import url_for

from ...export import FORMATS
from ...settings import Settings
from .asked import Asked
from .asked import Pairs
from .columns import file_columns

# These need no escape in a query, and an address that can be read is an address that is passed on.
_PLAIN = "/:*@,"


def search_url(asked: Asked, *, whole: bool = False) -> str:
    """The search page with these filters.

    :param whole: with the name of the host.
    """
    return _with(url_for(".search", zone=None, _external=whole), asked.pairs())


def export_url(asked: Asked, name: str) -> str:
    """The file with everything these filters find, a table with the columns of the results."""
    columns = file_columns(asked.columns) if FORMATS[name].is_table else None
    here = replace(_kept(asked), format=name, columns=columns)

    return _with(url_for(".export", zone=None), here.pairs())


def exports_url(asked: Asked, *, whole: bool = False) -> str:
    """The page of exports, with these filters.

    :param whole: of a file, with its format and its columns. Else of the results, whose columns
        become those of a file.
    """
    if whole:
        here = replace(_kept(asked), format=asked.format, columns=asked.columns)
    else:
        here = replace(_kept(asked), columns=file_columns(asked.columns))

    return _with(url_for(".exports", zone=None), here.pairs())


def tail_url(asked: Asked, since: str) -> str:
    """What comes in behind this cursor, of what these filters find."""
    here = replace(asked, tail=None, cursor=None, limit=None, since=since)
    return _with(url_for(".tail", zone=None), here.pairs())


def event_url(uid: str, realm: str | None) -> str:
    """The page of one event."""
    return url_for(".event", uid=uid, realm=realm)


def api_url(settings: Settings, realm: str, *rest: str) -> str:
    """The address of the same thing in the API, whole."""
    prefix = settings.api_prefix or settings.url_prefix
    path = "/".join((prefix.strip("/"), "realms", realm, "events", *rest))
    return request.url_root + path


def api_search_url(asked: Asked, settings: Settings, realm: str) -> str:
    """The address of the first page of the same in the API, whole."""
    here = Asked(asked.filters, zone=asked.zone, limit=asked.limit)

    return _with(api_url(settings, realm), here.pairs())


def curl(url: str) -> str:
    """The command that gets *url* with a token."""
    return f'curl -H "Authorization: Bearer $TOKEN" {shlex.quote(url)}'


def _kept(asked: Asked) -> Asked:
    """What of a page belongs to a file too."""
    return Asked(asked.filters, realm=asked.realm, zone=asked.zone)


def _with(path: str, pairs: Pairs) -> str:
    return f"{path}?{urlencode(pairs, safe=_PLAIN)}" if pairs else path
