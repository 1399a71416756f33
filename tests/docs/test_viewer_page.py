"""The views of the how-to of the viewer, as a customer meets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask_login import login_user
from flask_login import UserMixin

from tests.docs import pages
from tests.docs.test_blocks import namespace
from tests.web.admin.screen import read


class Customer(UserMixin):
    """Somebody of an organization."""

    id, organization_id, organization_name = "7", "northwind", "Northwind"
    is_organization_admin = True


def test_a_customer_is_led_to_their_events_and_sees_them_in_a_frame() -> None:
    names: dict[str, Any] = namespace()
    app = names["app"]
    app.login_manager.user_loader(lambda user_id: Customer())
    app.add_url_rule("/login", view_func=lambda: str(login_user(Customer())), endpoint="login")
    page = pages.DOCS / "how-to" / "viewer.md"
    for code in pages.blocks(page, "python")[:3]:
        exec(compile(code, pages.name(page), "exec"), names)
    client, guest = app.test_client(), app.test_client()
    assert client.get("/activity").status_code == 401
    client.get("/login")
    led = guest.get(urlsplit(client.get("/activity").location).path)
    assert "What happened in Northwind" in read(led.text).text
    assert led.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    frame = read(client.get("/settings/activity").text).one("iframe").attrs["src"]
    shown = guest.get(urlsplit(frame).path)
    assert shown.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert read(shown.text).one("h1").text == "Activity"
    assert read(shown.text).all("nav") == []
    acts = guest.get(urlsplit(client.get("/settings/activity-and-webhooks").location).path)
    hooks = read(acts.text).link("Webhooks")
    assert read(guest.get(hooks).text).one("h1").text == "Webhooks"
