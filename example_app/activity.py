"""What happened in an organization, for those who run it: the viewer of the audit log, in a frame."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask_login import current_user

from .audit import audit
from .auth import role_required
from .models import Role

bp = Blueprint("activity", __name__)


@bp.get("/activity")
@role_required(Role.ADMIN)
def index() -> str:
    own = current_user.organization
    url = audit.viewer_url(own.slug, organization_name=own.name, embed=["self"], allow={"webhooks"})

    return render_template("activity.html", url=url)
