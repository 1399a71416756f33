"""Who is in which organization, and what they bill."""

# Flask-Login ships no types.
# mypy: disallow-subclassing-any=False

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import UTC
from enum import StrEnum

from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship
from werkzeug.security import check_password_hash
from werkzeug.security import generate_password_hash


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(metadata=Base.metadata)


class Role(StrEnum):
    """What a member may do, from least to most."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Status(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    PAID = "paid"
    VOID = "void"


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The name may change. The slug never does, so the audit log calls the organization by it.
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default="EUR")
    last_number: Mapped[int] = mapped_column(default=0)

    memberships: Mapped[list[Membership]] = relationship(back_populates="organization")


class User(UserMixin, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    # Whether somebody followed the link that was sent to the address.
    email_verified: Mapped[bool] = mapped_column(default=False)
    # None: invited, and has not chosen a password yet.
    password_hash: Mapped[str | None]
    is_staff: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

    membership: Mapped[Membership | None] = relationship(back_populates="user", lazy="joined")

    def set_password(self, password: str, method: str) -> None:
        self.password_hash = generate_password_hash(password, method)

    def has_password(self, password: str) -> bool:
        return self.password_hash is not None and check_password_hash(self.password_hash, password)

    @property
    def organization(self) -> Organization | None:
        return self.membership.organization if self.membership else None

    def is_at_least(self, role: Role) -> bool:
        return self.membership is not None and Role(self.membership.role).covers(role)


class Membership(Base):
    __tablename__ = "memberships"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id), index=True)
    role: Mapped[str]

    user: Mapped[User] = relationship(back_populates="membership")
    organization: Mapped[Organization] = relationship(back_populates="memberships", lazy="joined")


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id), index=True)
    name: Mapped[str]
    email: Mapped[str]
    address: Mapped[str] = mapped_column(default="")

    invoices: Mapped[list[Invoice]] = relationship(back_populates="customer")


class Invoice(Base):
    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("organization_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), index=True)
    number: Mapped[str]
    status: Mapped[str] = mapped_column(default=Status.DRAFT)
    issued: Mapped[date]
    due: Mapped[date]
    notes: Mapped[str] = mapped_column(default="")

    customer: Mapped[Customer] = relationship(back_populates="invoices", lazy="joined")
    organization: Mapped[Organization] = relationship()
    lines: Mapped[list[Line]] = relationship(
        cascade="all, delete-orphan", order_by="Line.id", lazy="selectin"
    )

    @property
    def total(self) -> int:
        """In cents."""
        return sum(line.amount for line in self.lines)

    @property
    def is_overdue(self) -> bool:
        return self.status == Status.SENT and self.due < datetime.now(UTC).date()


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), index=True)
    description: Mapped[str]
    quantity: Mapped[float]
    # In cents.
    price: Mapped[int]

    @property
    def amount(self) -> int:
        """In cents."""
        return round(self.quantity * self.price)


class Mail(Base):
    """A letter in the outbox, which stands in for a mail server."""

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Who had it sent; None: Ledgerly itself.
    sender_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    recipient: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    text: Mapped[str]
    sent: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
