"""Letters, and the outbox they stay in: nothing is sent anywhere."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask_login import current_user
from flask_login import login_required
from sqlalchemy import or_
from sqlalchemy import select

from .models import db
from .models import Mail
from .models import User

bp = Blueprint("mail", __name__)


def send(recipient: str, subject: str, text: str, *, sender: User | None = None) -> None:
    """Put a letter into the outbox, with the next commit."""
    mail = Mail(recipient=recipient, subject=subject, text=text)
    mail.sender_id = sender.id if sender is not None else None
    db.session.add(mail)


@bp.get("/outbox")
@login_required
def outbox() -> str:
    """What was sent to this address or by this user: a letter may hold a link that opens doors."""
    own = or_(Mail.recipient == current_user.email, Mail.sender_id == current_user.id)
    mails = db.session.scalars(select(Mail).where(own).order_by(Mail.id.desc())).all()

    return render_template("outbox.html", mails=mails)
