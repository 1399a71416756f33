"""Customers and their invoices, and the page that sums them up."""

from __future__ import annotations

import csv
import io
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from typing import Any

from flask import abort
from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import Response
from flask import url_for
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy import select

from . import jobs
from . import mail
from .audit import audit
from .auth import role_required
from .forms import CustomerForm
from .forms import InvoiceForm
from .forms import PayForm
from .models import Customer
from .models import db
from .models import Invoice
from .models import Line
from .models import Role
from .models import Status
from .models import User

bp = Blueprint("invoices", __name__)

# What may be done to an invoice: from which states, by whom, and what is recorded.
ACTIONS = {
    "send": ((Status.DRAFT,), Status.SENT, Role.MEMBER, "invoice.sent"),
    "pay": ((Status.SENT,), Status.PAID, Role.ADMIN, "invoice.paid"),
    "void": ((Status.DRAFT, Status.SENT), Status.VOID, Role.ADMIN, "invoice.voided"),
}


def today() -> date:
    return datetime.now(UTC).date()


def own_invoices() -> Select[Any]:
    return (
        select(Invoice)
        .filter_by(organization_id=current_user.organization.id)
        .order_by(Invoice.id.desc())
    )


def own_customers() -> Select[Any]:
    return (
        select(Customer)
        .filter_by(organization_id=current_user.organization.id)
        .order_by(Customer.name)
    )


@bp.get("/")
def dashboard() -> Any:
    if not current_user.is_authenticated:
        return render_template("welcome.html")
    if current_user.membership is None:
        return render_template("no_organization.html")

    invoices = db.session.scalars(own_invoices()).all()
    sums = {
        "Outstanding": [each for each in invoices if each.status == Status.SENT],
        "Overdue": [each for each in invoices if each.is_overdue],
        "Paid": [each for each in invoices if each.status == Status.PAID],
        "In draft": [each for each in invoices if each.status == Status.DRAFT],
    }

    return render_template("dashboard.html", sums=sums, recent=invoices[:8])


@bp.get("/invoices")
@role_required(Role.VIEWER)
def index() -> str:
    status = request.args.get("status")
    chosen = own_invoices()
    if status in list(Status):
        chosen = chosen.filter_by(status=status)

    return render_template(
        "invoices/index.html",
        invoices=db.session.scalars(chosen).all(),
        status=status,
        statuses=list(Status),
    )


@bp.route("/invoices/new", methods=["GET", "POST"])
@role_required(Role.MEMBER)
def create() -> Any:
    customers = db.session.scalars(own_customers()).all()
    if not customers:
        flash("Add a customer first.")
        return redirect(url_for("invoices.create_customer"))
    form = InvoiceForm(due=today() + timedelta(days=30))
    form.choose_from(customers)
    if form.more.data or not form.validate_on_submit():
        form.leave_room()
        return render_template("invoices/form.html", form=form, invoice=None)

    organization = current_user.organization
    organization.last_number += 1
    invoice = Invoice(
        organization=organization, number=f"INV-{organization.last_number:04}", **fields(form)
    )
    set_lines(invoice, form)
    db.session.add(invoice)
    db.session.commit()
    flash(f"{invoice.number} is saved as a draft.")

    return redirect(url_for("invoices.show", invoice_id=invoice.id))


@bp.get("/invoices/<int:invoice_id>")
@role_required(Role.VIEWER)
def show(invoice_id: int) -> str:
    return render_template("invoices/show.html", invoice=find(invoice_id), form=PayForm())


@bp.route("/invoices/<int:invoice_id>/edit", methods=["GET", "POST"])
@role_required(Role.MEMBER)
def edit(invoice_id: int) -> Any:
    invoice = find(invoice_id)
    if invoice.status != Status.DRAFT:
        flash("Only a draft can be edited.", "error")
        return redirect(url_for("invoices.show", invoice_id=invoice.id))
    form = InvoiceForm(data=filled(invoice))
    form.choose_from(db.session.scalars(own_customers()).all())
    if form.more.data or not form.validate_on_submit():
        form.leave_room()
        return render_template("invoices/form.html", form=form, invoice=invoice)

    for name, value in fields(form).items():
        setattr(invoice, name, value)
    set_lines(invoice, form)
    db.session.commit()
    flash(f"{invoice.number} is saved.")

    return redirect(url_for("invoices.show", invoice_id=invoice.id))


@bp.post("/invoices/<int:invoice_id>/<any(send, pay, void):action>")
@role_required(Role.MEMBER)
def act(invoice_id: int, action: str) -> Any:
    invoice = find(invoice_id)
    before, after, role, event_type = ACTIONS[action]
    if not current_user.is_at_least(role):
        abort(403)
    if invoice.status not in before:
        flash(f"{invoice.number} is {invoice.status} already.", "error")
        return redirect(url_for("invoices.show", invoice_id=invoice.id))
    form = PayForm()
    if action == "pay" and not form.validate():
        abort(400)

    paid = {"method": form.method.data, "reference": form.reference.data} if action == "pay" else {}
    invoice.status = after.value
    tell(event_type, invoice, **paid)
    db.session.commit()
    flash(f"{invoice.number} is {invoice.status}.")

    return redirect(url_for("invoices.show", invoice_id=invoice.id))


@bp.post("/invoices/<int:invoice_id>/remind")
@role_required(Role.MEMBER)
@audit.action("INVOICE", "ACTION", resource_path="invoices/{invoice_id}")
def remind(invoice_id: int) -> Any:
    invoice = find(invoice_id)
    if invoice.status != Status.SENT:
        abort(409)
    jobs.later(send_reminder, invoice.id, current_user.id)
    flash(f"{invoice.customer.name} will be reminded of {invoice.number}.")

    return redirect(url_for("invoices.show", invoice_id=invoice.id))


def send_reminder(invoice_id: int, user_id: int) -> None:
    """A job: the letter and its event are there together, or neither is."""
    invoice, user = db.session.get_one(Invoice, invoice_id), db.session.get_one(User, user_id)
    text = f"Please pay {invoice.number}. It is due on {invoice.due:%-d %B %Y}."
    mail.send(invoice.customer.email, f"Your invoice {invoice.number}", text, sender=user)
    tell("invoice.reminded", invoice)
    db.session.commit()


def tell(event_type: str, invoice: Invoice, **more: Any) -> None:
    """Record what happens to an invoice, in the transaction in which it does."""
    audit.record(
        event_type,
        resource_type="INVOICE",
        resource_path=f"invoices/{invoice.id}",
        organization_id=invoice.organization.slug,
        details={**facts(invoice), **more},
        session=db.session,
    )


def find(invoice_id: int) -> Invoice:
    invoice: Invoice = db.first_or_404(own_invoices().filter_by(id=invoice_id))
    return invoice


def fields(form: InvoiceForm) -> dict[str, Any]:
    return {
        "customer_id": form.customer.data,
        "issued": form.issued.data,
        "due": form.due.data,
        "notes": form.notes.data or "",
    }


def set_lines(invoice: Invoice, form: InvoiceForm) -> None:
    """Change the lines that are there, so that the log tells what changed and no more."""
    rows = [
        {
            "description": row["description"],
            "quantity": float(row["quantity"]),
            "price": round(row["price"] * 100),
        }
        for row in form.filled_lines()
    ]
    for line, row in zip(invoice.lines, rows, strict=False):
        for name, value in row.items():
            setattr(line, name, value)
    invoice.lines[len(invoice.lines) :] = [Line(**row) for row in rows[len(invoice.lines) :]]
    del invoice.lines[len(rows) :]


def filled(invoice: Invoice) -> dict[str, Any]:
    """What the form shows of an invoice."""
    return {
        "customer": invoice.customer_id,
        "issued": invoice.issued,
        "due": invoice.due,
        "notes": invoice.notes,
        "lines": [
            {
                "description": each.description,
                "quantity": shortest(each.quantity),
                "price": each.price / 100,
            }
            for each in invoice.lines
        ],
    }


def shortest(number: float) -> float | int:
    return int(number) if number.is_integer() else number


def facts(invoice: Invoice) -> dict[str, Any]:
    """What the audit log says about an invoice. Amounts are in cents."""
    return {
        "number": invoice.number,
        "customer": invoice.customer.name,
        "amount": invoice.total,
        "currency": invoice.organization.currency,
        "due": invoice.due.isoformat(),
        "lines": len(invoice.lines),
    }


@bp.get("/customers")
@role_required(Role.VIEWER)
def customers() -> str:
    return render_template(
        "customers/index.html", customers=db.session.scalars(own_customers()).all()
    )


@bp.route("/customers/new", methods=["GET", "POST"])
@role_required(Role.MEMBER)
def create_customer() -> Any:
    form = CustomerForm()
    if not form.validate_on_submit():
        return render_template("customers/form.html", form=form, customer=None)

    customer = Customer(organization_id=current_user.organization.id)
    save(form, customer)
    flash(f"{customer.name} is added.")

    return redirect(url_for("invoices.customers"))


@bp.route("/customers/<int:customer_id>", methods=["GET", "POST"])
@role_required(Role.MEMBER)
def edit_customer(customer_id: int) -> Any:
    customer = db.first_or_404(own_customers().filter_by(id=customer_id))
    form = CustomerForm(obj=customer)
    if not form.validate_on_submit():
        return render_template("customers/form.html", form=form, customer=customer)

    save(form, customer)
    flash(f"{customer.name} is saved.")

    return redirect(url_for("invoices.customers"))


def save(form: CustomerForm, customer: Customer) -> None:
    customer.name, customer.email = form.name.data, form.email.data
    customer.address = form.address.data or ""
    db.session.add(customer)
    db.session.commit()


@bp.get("/customers.csv")
@role_required(Role.VIEWER)
@audit.sensitive_read
def export_customers() -> Any:
    """All customers in one file: who took it is worth knowing."""
    rows = [(each.name, each.email, each.address) for each in db.session.scalars(own_customers())]
    file = io.StringIO()
    csv.writer(file).writerows([("name", "email", "address"), *rows])

    return Response(
        file.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=customers.csv"},
    )
