"""The words of the pages, in the language of who reads them.

What is said in a module stands there in English, as ``_("Nothing was found")``; in a template as
``auditlog_("Nothing was found")``, since Jinja has one set of names for the whole app. A message
is text, never HTML: what stands in it is escaped, whoever translated it. Event types, the names
of fields and the query language are the wire's, and are not translated.
"""

from __future__ import annotations

import sys
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from typing import TypeVar

from flask import current_app
from flask import g
from flask import has_app_context
from flask import request
from markupsafe import escape
from markupsafe import Markup

from ..errors import AuditLogError
from ..state import current
from . import catalogues

Text = TypeVar("Text")

_KEPT = "_auditlog_words"
_ENGLISH = (catalogues.SOURCE, NullTranslations())


def _(message: str, /, **values: Any) -> str:
    """*message* in the reader's language, with *values* at its places: ``%(name)s``."""
    said = _chosen()[1].gettext(message) if message else ""
    return said % values if values else said


def ngettext(one: str, many: str, number: int, /, **values: Any) -> str:
    """The form of a message that goes with *number*, which stands in it as ``%(number)s``."""
    said = _chosen()[1].ngettext(one, many, number)
    return said % {"number": f"{number:,}", **values}


def told(error: AuditLogError | str) -> str:
    """What an error says. To programs it speaks English."""
    said, found = str(error), _chosen()[1]
    return found.told(said) if isinstance(found, catalogues.Catalogue) else said


def N_(message: Text) -> Text:  # noqa: N802 (what gettext calls it)
    """A text, or a table of texts, that is translated where it is shown: ``_(WORDS[key])``."""
    return message


def language() -> str:
    """The language of the page, for ``<html lang>``."""
    return _chosen()[0].replace("_", "-")


def choose() -> None:
    """Choose the language of this request: that of the settings, or the one the host has chosen
    by Flask-Babel, or the best that the browser asks for.
    """
    places = _places()
    name = _wanted(places)
    setattr(g, _KEPT, (name, catalogues.catalogue(name, places)))


def check(app_root: str, settings_language: str | None, directories: tuple[str, ...]) -> None:
    """Refuse settings that nobody would see the effect of. :raises ConfigError: then."""
    own = _own(app_root, directories)
    catalogues.check(settings_language, (*own, catalogues.OURS), own)


def in_template(message: str, /, **values: Any) -> str:
    """As :func:`_`, with what stands at its places escaped, unless it is HTML already."""
    return _safe(_(message), values) if values else _(message)


def in_template_n(one: str, many: str, number: int, /, **values: Any) -> str:
    """As :func:`ngettext`, with what stands at its places escaped, unless it is HTML already."""
    said = _chosen()[1].ngettext(one, many, number)
    return _safe(said, {"number": f"{number:,}", **values})


def _safe(said: str, values: dict[str, Any]) -> Markup:
    return escape(said) % values


def _chosen() -> tuple[str, NullTranslations]:
    """English where nothing was chosen: outside of our pages."""
    found: tuple[str, NullTranslations] = g.get(_KEPT, _ENGLISH) if has_app_context() else _ENGLISH
    return found


def _wanted(places: catalogues.Places) -> str:
    fixed = current().settings.language
    if fixed is not None:
        return catalogues.known(fixed, places) or catalogues.SOURCE
    said = _of_host()
    if said is not None:
        return catalogues.known(said, places) or catalogues.SOURCE
    # The first of them that we have, or a kind of it.
    asked = (catalogues.known(tag, places) for tag, q in request.accept_languages if q)

    return next((each for each in asked if each is not None), catalogues.SOURCE)


def _of_host() -> str | None:
    """What Flask-Babel says, where the host has it. It is not imported: a host need not have it."""
    babel = sys.modules.get("flask_babel")
    if babel is None or "babel" not in current_app.extensions:
        return None
    locale = babel.get_locale()

    return None if locale is None else str(locale)


def _places() -> catalogues.Places:
    return (*_own(current_app.root_path, current().settings.translations), catalogues.OURS)


def _own(app_root: str, directories: tuple[str, ...]) -> catalogues.Places:
    return tuple(Path(app_root) / each for each in directories)
