"""The people of an organization and their roles."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import url_for
from flask_login import current_user
from sqlalchemy import func
from sqlalchemy import select

from .auth import find_user
from .auth import invitations
from .auth import role_required
from .forms import InviteForm
from .forms import RoleForm
from .models import db
from .models import Membership
from .models import Role
from .models import User

bp = Blueprint("members", __name__, url_prefix="/members")


@bp.get("/")
@role_required(Role.VIEWER)
def index() -> str:
    return page(InviteForm(role=Role.MEMBER))


def page(form: InviteForm) -> str:
    members = db.session.scalars(
        select(Membership)
        .filter_by(organization_id=current_user.organization.id)
        .join(Membership.user)
        .order_by(User.name)
    ).all()
    tokens = {
        member.id: invitations().dumps(member.user_id)
        for member in members
        if member.user.password_hash is None
    }

    return render_template(
        "members.html", members=members, form=form, role_form=RoleForm(formdata=None), tokens=tokens
    )


@bp.post("/")
@role_required(Role.ADMIN)
def invite() -> Any:
    form = InviteForm()
    if not form.validate_on_submit():
        return page(form)
    check_may_grant(Role(form.role.data))
    user = find_user(form.email.data)
    if user is not None and user.membership is not None:
        form.email.errors = ["This address is already a member of an organization."]
        return page(form)

    user = user or User(email=form.email.data, name=form.name.data)
    member = Membership(user=user, organization=current_user.organization, role=form.role.data)
    db.session.add(member)
    db.session.commit()
    flash(f"{user.name} is invited.")

    return redirect(url_for("members.index"))


@bp.post("/<int:member_id>")
@role_required(Role.ADMIN)
def change_role(member_id: int) -> Any:
    member = find(member_id)
    form = RoleForm()
    if not form.validate_on_submit():
        abort(400)
    check_may_grant(Role(form.role.data))
    check_may_grant(Role(member.role))
    if is_last_owner(member) and form.role.data != Role.OWNER:
        flash("An organization needs an owner. Make somebody else one first.", "error")
        return redirect(url_for("members.index"))

    member.role = form.role.data
    db.session.commit()
    flash(f"{member.user.name} is now {member.role}.")

    return redirect(url_for("members.index"))


@bp.post("/<int:member_id>/remove")
@role_required(Role.ADMIN)
def remove(member_id: int) -> Any:
    member = find(member_id)
    check_may_grant(Role(member.role))
    if is_last_owner(member):
        flash("An organization needs an owner. Make somebody else one first.", "error")
        return redirect(url_for("members.index"))

    user = member.user
    db.session.delete(member)
    db.session.commit()
    flash(f"{user.name} is no longer a member.")

    return redirect(url_for("members.index"))


def find(member_id: int) -> Membership:
    member = db.session.get(Membership, member_id)
    if member is None or member.organization_id != current_user.organization.id:
        abort(404)

    return member


def check_may_grant(role: Role) -> None:
    """Only an owner makes or unmakes an owner."""
    if not current_user.is_at_least(role):
        abort(403)


def is_last_owner(member: Membership) -> bool:
    owners = db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .filter_by(organization_id=member.organization_id, role=Role.OWNER)
    )
    return member.role == Role.OWNER and owners == 1
