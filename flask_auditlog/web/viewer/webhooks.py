"""The organization's own webhooks, for whoever has a link that allows it.

The pages are those of the admin, and less of them: no replays, no headers, nothing of the
operator's. Who visits, where they act and what is on record are the link's.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import ClassVar

from flask import request
from flask.typing import ResponseReturnValue

from ...recorder import Context
from ...store import ViewerLink
from ..admin.asked import Asked
from ..admin.webhooks.visitor import visited_by
from ..admin.webhooks.visitor import Visitor
from ..auth import link_context
from . import forms
from .guest import admitted
from .looks import looks
from .question import unknown

# What the address of a page may ask.
PARAMETERS = ("first", "state", "done")


@dataclass(frozen=True, slots=True)
class Guest(Visitor):
    """Somebody with a link: they see and change what is of its organization, and no more."""

    is_guest: ClassVar[bool] = True

    link: ViewerLink

    @property
    def context(self) -> Context:
        """Whom the link was made for."""
        return link_context(self.link)

    def sent(self) -> Mapping[str, str]:
        """The form that they sent. :raises FormRefused: when it is none of this link."""
        return forms.check(self.link)

    def frame(self) -> dict[str, Any]:
        """What the templates of all pages of webhooks need."""
        return {
            "layout": "auditlog/viewer_layout.html",
            "current_page": "webhooks",
            "asked": self.asked,
            "hidden": forms.hidden(self.link),
            "is_guest": True,
            **looks(self.link),
        }


def answer(
    view: Callable[..., ResponseReturnValue], *, token: str, **ids: str
) -> ResponseReturnValue:
    """Answer with one of the admin's pages, to whoever has a link that allows it."""
    link = admitted(token, "webhooks")
    for name in request.args:
        if name not in PARAMETERS:
            raise unknown(name)
    with visited_by(Guest(Asked(()), link.scope, link.scope, link)):
        return view(**ids)
