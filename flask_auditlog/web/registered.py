"""What is done to the log's own tokens, viewer links and saved views is recorded, without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from typing import Literal

from ..event import Draft
from ..recorder import Context
from ..state import current
from ..store import Token
from ..store import ViewerLink
from ..store.promises.saving import SavedView

Operation = Literal["CREATE", "DELETE"]


def record_token(operation: Operation, token: Token, context: Context) -> None:
    """Record that somebody made a token, or ended one.

    :param context: who, and in which realm and organization it is seen.
    :raises StoreUnavailable: when it cannot be recorded.
    """
    details = {
        "name": token.name,
        "realm": token.realm,
        "permissions": sorted(token.permissions),
    }
    _record(operation, f"tokens/{token.id}", details, context)


def record_link(operation: Operation, link: ViewerLink, context: Context) -> None:
    """Record that somebody made a viewer link, or ended one: where its organization sees it.

    :param context: who.
    :raises StoreUnavailable: when it cannot be recorded.
    """
    details = {
        "for": {"userId": link.user_id, "username": link.username},
        "expiresTime": link.expires_time,
        "embed": list(link.embed),
    } | ({"allow": list(link.allow)} if link.allow else {})
    _record(operation, f"viewer-links/{link.id}", details, _where_seen(link, context))


def record_view(operation: Operation, view: SavedView, context: Context) -> None:
    """Record that somebody kept a search, or forgot one: where it is seen.

    :param context: who.
    :raises StoreUnavailable: when it cannot be recorded.
    """
    details = {"name": view.name, "shared": view.is_shared}
    _record(operation, f"views/{view.id}", details, _where_seen(view, context))


def _where_seen(made: ViewerLink | SavedView, context: Context) -> Context:
    return replace(
        context,
        realm=made.realm,
        organization_id=made.organization_id,
        source="system",
        trusted=True,
    )


def _record(operation: Operation, path: str, details: dict[str, Any], context: Context) -> None:
    draft = Draft(
        type=f"admin.AUDIT_LOG-{operation}",
        operation_type=operation,
        resource_type="AUDIT_LOG",
        resource_path=path,
        details=details,
    )
    current().recorder.record(draft, context)
