"""Every form of the app."""

# WTForms and Flask-WTF ship no types.
# mypy: disallow-subclassing-any=False, disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import UTC
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms import DateField
from wtforms import DecimalField
from wtforms import EmailField
from wtforms import FieldList
from wtforms import Form
from wtforms import FormField
from wtforms import PasswordField
from wtforms import SelectField
from wtforms import StringField
from wtforms import SubmitField
from wtforms import TextAreaField
from wtforms.validators import EqualTo
from wtforms.validators import InputRequired
from wtforms.validators import Length
from wtforms.validators import NumberRange
from wtforms.validators import Optional
from wtforms.validators import Regexp

from .models import Role

CURRENCIES = {"EUR": "Euro (€)", "GBP": "Pound sterling (£)", "USD": "US dollar ($)"}
METHODS = {"bank transfer": "Bank transfer", "card": "Card", "cash": "Cash"}
ROLES = {role.value: role.value.title() for role in Role}
MOST_LINES = 30


def strip(value: str | None) -> str | None:
    return value.strip() if value else value


def lower(value: str | None) -> str | None:
    return value.strip().lower() if value else value


def name_field(label: str, **given: Any) -> StringField:
    return StringField(label, [InputRequired(), Length(max=80)], filters=[strip], **given)


def email_field(label: str = "Email", **given: Any) -> EmailField:
    shape = Regexp(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$", message="This is not an email address.")
    return EmailField(label, [InputRequired(), shape, Length(max=120)], filters=[lower], **given)


def new_password_field(label: str) -> PasswordField:
    return PasswordField(
        label,
        [InputRequired(), Length(min=10, max=128)],
        description="At least 10 characters.",
        render_kw={"autocomplete": "new-password"},
    )


class RegisterForm(FlaskForm):
    name = name_field("Your name", render_kw={"autocomplete": "name"})
    email = email_field("Work email", render_kw={"autocomplete": "email"})
    organization = name_field("Organization", render_kw={"autocomplete": "organization"})
    currency = SelectField("You bill in", choices=CURRENCIES)
    password = new_password_field("Password")
    submit = SubmitField("Create account")


class LoginForm(FlaskForm):
    email = EmailField(
        "Email", [InputRequired()], filters=[lower], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        "Password", [InputRequired()], render_kw={"autocomplete": "current-password"}
    )
    remember = BooleanField("Keep me signed in")
    submit = SubmitField("Sign in")


class JoinForm(FlaskForm):
    name = name_field("Your name", render_kw={"autocomplete": "name"})
    password = new_password_field("Choose a password")
    submit = SubmitField("Join")


class ProfileForm(FlaskForm):
    name = name_field("Name")
    email = email_field()
    submit = SubmitField("Save")


class PasswordForm(FlaskForm):
    current = PasswordField(
        "Current password", [InputRequired()], render_kw={"autocomplete": "current-password"}
    )
    password = new_password_field("New password")
    again = PasswordField(
        "New password again",
        [InputRequired(), EqualTo("password", "The two passwords differ.")],
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField("Change password")


class InviteForm(FlaskForm):
    name = name_field("Name")
    email = email_field()
    role = SelectField("Role", choices=ROLES)
    submit = SubmitField("Invite")


class RoleForm(FlaskForm):
    role = SelectField("Role", choices=ROLES)


class CustomerForm(FlaskForm):
    name = name_field("Name")
    email = email_field("Billing email")
    address = TextAreaField("Address", [Length(max=300)], filters=[strip], render_kw={"rows": 3})
    submit = SubmitField("Save customer")


class LineForm(Form):
    """One row of an invoice. A row without a description is left out."""

    description = StringField("Description", [Length(max=120)], filters=[strip])
    quantity = DecimalField(
        "Quantity", [Optional(), NumberRange(min=0, max=1_000_000)], places=None, default=1
    )
    price = DecimalField("Unit price", [Optional(), NumberRange(min=0, max=10_000_000)])

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        for field in (self.quantity, self.price):
            if self.description.data and field.data is None:
                field.errors = [f"{field.label.text} is missing."]
                return False

        return True


class InvoiceForm(FlaskForm):
    customer = SelectField("Customer", coerce=int)
    issued = DateField("Issued", default=lambda: datetime.now(UTC).date())
    due = DateField("Due")
    lines = FieldList(FormField(LineForm), max_entries=MOST_LINES)
    notes = TextAreaField("Notes", [Length(max=500)], filters=[strip], render_kw={"rows": 2})
    more = SubmitField("Add a line")
    submit = SubmitField("Save invoice")

    def choose_from(self, customers: Sequence[Any]) -> None:
        self.customer.choices = {customer.id: customer.name for customer in customers}

    def leave_room(self) -> None:
        """Offer an empty row below those that are filled, and three on a new invoice."""
        while len(self.lines) < 3 or (
            len(self.lines) < MOST_LINES and self.lines[-1].form.description.data
        ):
            self.lines.append_entry()

    def filled_lines(self) -> list[dict[str, Any]]:
        return [row for row in self.lines.data if row["description"]]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.due.data < self.issued.data:
            self.due.errors = ["Due before it is issued."]
            return False
        if not self.filled_lines():
            self.lines[0].form.description.errors = ["An invoice needs at least one line."]
            return False

        return True


class PayForm(FlaskForm):
    method = SelectField("Paid by", choices=METHODS)
    reference = StringField("Reference", [Length(max=80)], filters=[strip])
    submit = SubmitField("Mark as paid")
