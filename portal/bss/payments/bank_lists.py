"""Billing > Payments > Bank list: payments pasted or from a file, previewed, then recorded."""

import re
from typing import Self

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import ValidationError

from portal.bss.payments.bank_list_page import BankListPage
from portal.bss.payments.payment_panel import invoice_url
from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.models import Right
from portal.services.catalog import prices
from portal.services.imports import bank_lists, sheets
from portal.services.imports.bank_lists import Plan, Said
from portal.services.imports.bank_lists.bank_columns import MOST_CHARACTERS, MOST_LINES
from portal.services.imports.bank_lists.bank_reading import Choices
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading.dates import DateOrder
from portal.services.imports.reading.numbers import NumberStyle
from portal.web.forms import LongSelect
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.security.request_limits import takes_files
from portal.web.urls import url_for

bp = Blueprint("bank_lists", __name__, url_prefix="/billing/payments/bank-lists")
NUMBERS = {
    "": lazy("As the amounts themselves show"),
    NumberStyle.COMMA.value: lazy("Like 1,234.50"),
    NumberStyle.POINT.value: lazy("Like 1.234,50"),
}
DATES = {
    "": lazy("As the dates themselves show"),
    DateOrder.DAY.value: lazy("Day first: 31/12/2026"),
    DateOrder.MONTH.value: lazy("Month first: 12/31/2026"),
}
_ACCOUNT = re.compile(r"account-([0-9]{1,6})")


class BankListForm(ActForm):
    file = FileField(lazy("CSV file"))
    text = TextAreaField(lazy("Lines"), filters=[lambda text: text or ""])
    numbers = SelectField(lazy("How amounts are written"), default="")
    dates = SelectField(lazy("How dates are written"), default="")
    currency = SelectField(lazy("Currency, where the list names none"), validate_choice=False, widget=LongSelect())
    seen = HiddenField()

    @classmethod
    def offered(cls) -> Self:
        own = current_user.account.currency or "EUR"
        form = cls(data={"currency": own})
        form.numbers.choices, form.dates.choices = list(NUMBERS.items()), list(DATES.items())
        form.currency.choices = [(code, code) for code in dict.fromkeys([own, *prices.currencies()])]
        return form

    def validate_currency(self, field) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError(_("Choose the currency."))

    @property
    def choices(self) -> Choices:
        style = NumberStyle(self.numbers.data) if self.numbers.data else None
        return Choices(self.currency.data, style, DateOrder(self.dates.data) if self.dates.data else None)

    @property
    def said(self) -> Said:
        found = ((_ACCOUNT.fullmatch(name), text) for name, text in request.form.items())
        accounts = {int(match[1]): text[:200] for match, text in found if match and text.strip()}
        return Said(_lines("leave"), _lines("take"), accounts)

    def read(self) -> str:
        """The text that was pasted, or that of the file. Raises Unreadable."""
        if self.file.data and self.file.data.filename:
            return sheets.text_of(self.file.data.stream.read())
        if not self.text.data.strip():
            raise Unreadable(_("Paste some lines, or choose a file."))
        return self.text.data


@bp.route("", methods=["GET", "POST"])
@requires(Right.INVOICE)
@takes_files(4 * MOST_CHARACTERS, Right.INVOICE)
def index():
    form = BankListForm.offered()
    if not form.validate_on_submit():
        return _page(form, None), 422 if form.is_submitted() else 200
    try:
        form.text.data = text = form.read()
        values = {"seen": form.seen.data or "", "by": current_user}
        is_pressed = request.form.get("act") == "record"
        if is_pressed and form.carry_out(bank_lists.apply, text, form.choices, form.said, **values):
            flash(_sentence(len(form.result)), "positive")
            return redirect(url_for("bss.payments.index"), code=303)
        plan = bank_lists.preview(text, form.choices, form.said, by=current_user)
        return _page(form, plan), 409 if form.refusal else 200
    except DomainError as refusal:
        form.refusal = refusal
        return _page(form, None), 422


def _page(form: BankListForm, plan: Plan | None) -> str:
    page = BankListPage(plan, form.said) if plan is not None else None
    values = {"form": form, "page": page, "most": MOST_LINES, "invoice_url": invoice_url}
    return render_template("bss/payments/bank_list.html", **values)


def _sentence(count: int) -> str:
    return ngettext("%(num)s payment was recorded.", "%(num)s payments were recorded.", count)


def _lines(name: str) -> frozenset[int]:
    texts = request.form.getlist(name)
    return frozenset(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 7)
