"""The forms that make, change and delete a webhook."""

from __future__ import annotations

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ....delivery.given import Given
from ....errors import InvalidWebhook
from ....state import current
from ....store.webhooks import Endpoint
from ...words import _
from ...words import told
from . import form
from .links import name_of
from .links import there
from .secret_page import shown_once
from .visitor import acting
from .visitor import find
from .visitor import Visitor


def new_webhook() -> ResponseReturnValue:
    """Show the form for a new webhook, and make what was sent of it."""
    visitor, desk = acting()
    if request.method == "GET":
        return _form(visitor, form.NEW)
    sent = visitor.sent()
    try:
        endpoint, secret = desk.create(_given(visitor, sent))
    except InvalidWebhook as error:
        return _form(visitor, sent, error), 400
    is_tested = sent.get("do") == "test" and endpoint.enabled and not endpoint.is_only_polled
    test = desk.test(endpoint.id) if is_tested else None
    if secret is not None:
        return shown_once(visitor, endpoint, secret, "made", test=test)
    if test is not None:
        return there("delivery", visitor, endpoint_id=endpoint.id, delivery_id=test.id)

    return there("webhook", visitor, endpoint_id=endpoint.id, done="saved")


def edit_webhook(endpoint_id: str) -> ResponseReturnValue:
    """Show the form of a webhook, and change it as it was sent."""
    visitor, desk = acting()
    endpoint = find(endpoint_id, visitor)
    typed = form.typed_of(endpoint, desk.header_names(endpoint))
    if request.method == "GET":
        return _form(visitor, typed, endpoint=endpoint)
    sent = visitor.sent()
    try:
        given = _given(visitor, sent, typed, is_fixed=form.is_fixed(endpoint))
        changed, secret = desk.update(endpoint_id, given)
    except InvalidWebhook as error:
        return _form(visitor, sent, error, endpoint=endpoint), 400
    test = desk.test(endpoint_id) if sent.get("do") == "test" and changed.enabled else None
    if secret is not None:
        return shown_once(visitor, changed, secret, "made", test=test)
    if test is not None:
        return there("delivery", visitor, endpoint_id=endpoint_id, delivery_id=test.id)

    return there("webhook", visitor, endpoint_id=endpoint_id, done="saved")


def delete_webhook(endpoint_id: str) -> ResponseReturnValue:
    """Ask whether the webhook is to be deleted, and delete it."""
    visitor, desk = acting()
    endpoint = find(endpoint_id, visitor)
    if request.method == "POST":
        visitor.sent()
        desk.delete(endpoint_id)
        return there("webhooks", visitor, done="deleted")
    statistics = current().store.measures.of_endpoint(endpoint_id, visitor.scope)

    return render_template(
        "auditlog/webhook_delete.html",
        endpoint=endpoint,
        name=name_of(endpoint),
        waiting=sum(statistics.states.get(each, 0) for each in ("pending", "inflight", "held")),
        **visitor.frame(),
    )


def _given(
    visitor: Visitor,
    sent: form.Typed,
    before: form.Typed | None = None,
    *,
    is_fixed: bool = False,
) -> Given:
    if visitor.is_guest:
        return form.given_by_guest(sent, before, is_fixed=is_fixed)

    return form.given_of(sent, before)


def _form(
    visitor: Visitor,
    typed: form.Typed,
    error: InvalidWebhook | None = None,
    *,
    endpoint: Endpoint | None = None,
) -> str:
    faults = form.faults_by_field(error.faults) if error is not None else {}
    if error is not None and not error.faults:
        faults = {"": [told(error)]}

    return render_template(
        "auditlog/webhook_form.html",
        endpoint=endpoint,
        name=name_of(endpoint) if endpoint else None,
        typed=typed,
        faults=faults,
        is_open=any(typed.get(each) or each in faults for each in form.MORE),
        orderings=form.ORDERINGS,
        auth_types=form.AUTH_TYPES,
        signatures=form.SIGNATURES,
        algorithms=form.ALGORITHMS,
        settings=current().settings.webhooks,
        with_org=visitor.scope.organization_id is None,
        fixed=_(form.FIXED) if visitor.is_guest and endpoint and form.is_fixed(endpoint) else "",
        **visitor.frame(),
    )
