"""What the documentation says of other extensions, and of what is beside us in a page."""

from __future__ import annotations

from typing import Any

import pytest
from flask_login import current_user

from tests.docs import pages
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import make_host
from tests.web.admin.conftest import User
from tests.web.admin.screen import read

STATIC = pages.ROOT / "flask_auditlog/web/admin/static"


def test_flask_admin_has_the_log_in_its_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "is_admin", property(lambda self: self.id == "admin"), raising=False)
    host, audit = make_host()

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        return bool(current_user.is_authenticated and current_user.is_admin)

    names: dict[str, Any] = {"__name__": "host", "app": host, "current_user": current_user}
    [code] = [
        each
        for each in pages.blocks(pages.DOCS / "how-to/beside.md", "python")
        if "flask_admin" in each
    ]
    exec(compile(code, "beside.md", "exec"), names)
    seen = {}
    for who in ("admin", "bob"):
        client = entered(host, who)
        links = [
            link for link in read(client.get("/admin/").text).all("a") if "Audit log" in link.text
        ]
        seen[who] = [client.get(link.attrs["href"]).status_code for link in links]
    assert seen == {"admin": [200], "bob": []}
    assert entered(host, "bob").get("/audit/").status_code == 403


def test_the_files_of_a_page_are_ours_and_small() -> None:
    files = {path.name: path.stat().st_size for path in STATIC.rglob("*") if path.is_file()}
    styles = [name for name in files if name.endswith(".css")]
    assert styles == ["auditlog.css"]
    scripts = {name: size for name, size in files.items() if name.endswith(".js")}
    assert {*files} == {*styles, *scripts}
    said = (pages.DOCS / "why/pages.md").read_text()
    assert "less than 32 KB" in said
    assert sum(scripts.values()) < 32 * 1024
    assert "less than 64 KB" in said
    assert files["auditlog.css"] < 64 * 1024
