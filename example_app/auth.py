"""Registering, signing in and out, the profile and the password."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from typing import Final

import click
from flask import abort
from flask import Blueprint
from flask import current_app
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_login import current_user
from flask_login import login_required
from flask_login import login_user
from flask_login import LoginManager
from flask_login import logout_user
from itsdangerous import BadData
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from . import mail
from .audit import audit
from .forms import JoinForm
from .forms import LoginForm
from .forms import PasswordForm
from .forms import ProfileForm
from .forms import RegisterForm
from .models import db
from .models import Membership
from .models import Organization
from .models import Role
from .models import User

bp = Blueprint("auth", __name__, cli_group=None)

logins = LoginManager()
logins.login_view = "auth.login"
logins.login_message = "Please sign in first."

INVITATION_SECONDS: Final = 7 * 24 * 3600
VERIFICATION_SECONDS: Final = 24 * 3600


@logins.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


def role_required(role: Role) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let only members of this role or a higher one into a view."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        @login_required
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if current_user.membership is None:
                return render_template("no_organization.html"), 403
            if not current_user.is_at_least(role):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def find_user(email: str) -> User | None:
    return db.session.scalar(select(User).filter_by(email=email))


@bp.route("/register", methods=["GET", "POST"])
def register() -> Any:
    form = RegisterForm()
    if not form.validate_on_submit():
        return render_template("auth/register.html", form=form)
    if find_user(form.email.data):
        audit.access_event(
            "REGISTER_ERROR", error="email_in_use", details={"username": form.email.data}
        )
        form.email.errors = ["There is an account with this address. Sign in instead?"]
        return render_template("auth/register.html", form=form)

    organization = Organization(
        slug=free_slug(form.organization.data),
        name=form.organization.data,
        currency=form.currency.data,
    )
    user = User(email=form.email.data, name=form.name.data)
    user.set_password(form.password.data, current_app.config["PASSWORD_METHOD"])
    db.session.add(Membership(user=user, organization=organization, role=Role.OWNER))
    db.session.commit()
    login_user(user)
    audit.access_event("REGISTER", details={"username": user.email})
    send_verification(user)
    flash(f"Welcome to Ledgerly, {user.name}. We sent you a link to verify your address.")

    return redirect(url_for("invoices.dashboard"))


def free_slug(name: str) -> str:
    slug = wanted = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "organization"
    number = 2
    while db.session.scalar(select(Organization).filter_by(slug=slug)):
        slug, number = f"{wanted}-{number}", number + 1

    return slug


@bp.route("/login", methods=["GET", "POST"])
def login() -> Any:
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form)

    user = find_user(form.email.data)
    if user is None or not user.has_password(form.password.data):
        owner = user.organization if user else None
        audit.access_event(
            "LOGIN_ERROR",
            error="invalid_password" if user else "user_not_found",
            details={"username": form.email.data},
            # Nobody is logged in, and yet the owner of the account's organization must see it.
            organization_id=owner.slug if owner else None,
        )
        # The same words for both, so that nobody learns which addresses have an account.
        form.password.errors = ["That email and password do not go together."]
        return render_template("auth/login.html", form=form)

    login_user(user, remember=form.remember.data)

    return redirect(local_path(request.args.get("next")) or url_for("invoices.dashboard"))


def local_path(target: str | None) -> str | None:
    """*target* if it stays on this site: a link to the login page must not lead elsewhere."""
    if target and re.match(r"/(?![/\\])", target) and not re.search(r"[\x00-\x20\\]", target):
        return target

    return None


@bp.post("/logout")
def logout() -> Any:
    logout_user()
    flash("You are signed out.")

    return redirect(url_for("auth.login"))


@bp.get("/profile")
@login_required
def profile() -> Any:
    return profile_page(ProfileForm(obj=current_user), PasswordForm())


@bp.post("/profile")
@login_required
def update_profile() -> Any:
    form = ProfileForm()
    if not form.validate_on_submit():
        return profile_page(form, PasswordForm(formdata=None))
    other = find_user(form.email.data)
    if other is not None and other.id != current_user.id:
        form.email.errors = ["Another account has this address."]
        return profile_page(form, PasswordForm(formdata=None))

    is_moved = form.email.data != current_user.email
    current_user.name, current_user.email = form.name.data, form.email.data
    current_user.email_verified = current_user.email_verified and not is_moved
    db.session.commit()
    if is_moved:
        send_verification(current_user)
    flash("Profile saved.")

    return redirect(url_for("auth.profile"))


@bp.post("/profile/password")
@login_required
def change_password() -> Any:
    form = PasswordForm()
    if not form.validate_on_submit():
        return profile_page(ProfileForm(formdata=None, obj=current_user), form)
    if not current_user.has_password(form.current.data):
        audit.access_event("UPDATE_PASSWORD_ERROR", error="invalid_password")
        form.current.errors = ["This is not your current password."]
        return profile_page(ProfileForm(formdata=None, obj=current_user), form)

    current_user.set_password(form.password.data, current_app.config["PASSWORD_METHOD"])
    db.session.commit()
    audit.access_event("UPDATE_PASSWORD")
    flash("Password changed.")

    return redirect(url_for("auth.profile"))


def profile_page(form: ProfileForm, password_form: PasswordForm) -> str:
    return render_template("auth/profile.html", form=form, password_form=password_form)


def send_verification(user: User) -> None:
    """Send a link that only who reads that mailbox can follow."""
    token = verifications().dumps([user.id, user.email])
    link = url_for("auth.verify", token=token, _external=True)
    mail.send(user.email, "Is this your address?", f"Then follow this link: {link}")
    db.session.commit()
    audit.access_event("SEND_VERIFY_EMAIL", details={"username": user.email})


@bp.post("/verify")
@login_required
def verify_again() -> Any:
    send_verification(current_user)
    flash(f"We sent another link to {current_user.email}.")

    return redirect(url_for("auth.profile"))


@bp.get("/verify/<token>")
def verify(token: str) -> Any:
    """Where the link leads. It is good for the address it was sent to, and no other."""
    try:
        user_id, email = verifications().loads(token, max_age=VERIFICATION_SECONDS)
        user = db.session.get(User, user_id)
    except BadData:
        user, email = None, None
    if user is None or user.email != email:
        audit.access_event("VERIFY_EMAIL_ERROR", error="invalid_link")
        return render_template("auth/verify_over.html"), 410

    user.email_verified = True
    db.session.commit()
    audit.access_event("VERIFY_EMAIL", details={"username": user.email})
    flash(f"{user.email} is verified.")

    return redirect(url_for("auth.profile"))


def verifications() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="verification")


def invitations() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="invitation")


@bp.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> Any:
    """Where an invitation leads. It is over once a password is chosen."""
    try:
        user = db.session.get(User, invitations().loads(token, max_age=INVITATION_SECONDS))
    except BadData:
        user = None
    if user is None or user.membership is None or user.password_hash is not None:
        return render_template("auth/join_over.html"), 410

    form = JoinForm(obj=user)
    if not form.validate_on_submit():
        return render_template("auth/join.html", form=form, user=user)
    user.name = form.name.data
    user.set_password(form.password.data, current_app.config["PASSWORD_METHOD"])
    db.session.commit()
    login_user(user)
    audit.access_event("REGISTER", details={"username": user.email, "method": "invitation"})
    flash(f"Welcome, {user.name}.")

    return redirect(url_for("invoices.dashboard"))


@bp.cli.command("make-staff")
@click.argument("email")
def make_staff(email: str) -> None:
    """Let a user of Ledgerly itself see the whole audit log."""
    user = find_user(email)
    if user is None:
        raise click.ClickException(f"Nobody here has the address {email}.")

    user.is_staff = True
    db.session.commit()
    click.echo(f"{user.name} is staff now.")
