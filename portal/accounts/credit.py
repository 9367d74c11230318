"""Orders and credit of an account that pays: all of the distributor's staff see them, who edits accounts changes
them."""

from typing import Self

from flask import flash, redirect, render_template
from flask_login import current_user
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.accounts.area import area
from portal.core import access, money
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Account, Right
from portal.services import credit
from portal.web.filters import money as written
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for

_AT_ONCE, _BY_STAFF = "at-once", "by-staff"


class PaymentForm(ActForm):
    amount = StringField(lazy("Amount"), filters=[strip], validators=[Text(40, empty=lazy("Enter an amount."))])
    reason = TextAreaField(lazy("What was paid"), filters=[strip], validators=[Text(credit.LONGEST_REASON)])

    @classmethod
    def of(cls, account: Account) -> Self:
        form = cls(data={"version": str(account.version)})
        form.currency = account.currency
        return form

    def validate_amount(self, field) -> None:
        try:
            self.minor_units = money.minor_units(field.data, self.currency)
        except ValueError as unreadable:
            raise ValidationError(str(unreadable)) from unreadable


class ExecutionForm(ActForm):
    choices = (
        (_AT_ONCE, lazy("are executed as soon as they are submitted")),
        (_BY_STAFF, lazy("wait until we execute them")),
    )
    executes = SelectField(lazy("Orders that this account pays"), choices=[SelectChoice(*each) for each in choices])

    @classmethod
    def of(cls, account: Account) -> Self:
        executes = _AT_ONCE if account.executes_orders else _BY_STAFF
        return cls(data={"version": str(account.version), "executes": executes})


@area.get("/<int:account_id>/credit")
@requires(Right.SEE_INVOICES)
def credit_of(account_id):
    return _page(_payer(account_id))


@area.post("/<int:account_id>/payments")
@requires(Right.EDIT_ACCOUNTS)
def record_payment(account_id):
    account = _payer(account_id)
    form = PaymentForm.of(account)
    given = {"reason": form.reason.data or "", "by": current_user}
    if form.validate_on_submit() and form.carry_out(
        credit.release_paid, account, form.minor_units, version=form.seen_version(), **given
    ):
        flash(_("Recorded: %(amount)s is free again.", amount=written(form.minor_units, account.currency)), "positive")
        then = "accounts.credit_of" if account.pays_itself else "accounts.show"
        return redirect(url_for(then, account_id=account.id), code=303)
    return _page(_payer(account_id), payment=form)


@area.post("/<int:account_id>/execution")
@requires(Right.EDIT_ACCOUNTS)
def set_execution(account_id):
    account = _payer(account_id)
    form = ExecutionForm.of(account)
    if form.validate_on_submit() and form.carry_out(
        credit.set_execution, account, executes_orders=form.executes.data == _AT_ONCE, version=form.seen_version(),
        by=current_user,
    ):  # fmt: skip
        flash(_("Saved. It counts for orders that are submitted from now on."), "positive")
        return redirect(url_for("accounts.credit_of", account_id=account.id), code=303)
    return _page(_payer(account_id), execution=form)


def _payer(account_id: int) -> Account:
    """Raises NotVisible for the distributor and for customers of partners, who pay us nothing, unless an order from the
    time when the account paid itself, or from an account that was merged into it, still uses up credit."""
    account = access.visible_account(current_user, account_id)
    is_billed = account.pays_itself or account.reserved > 0
    if not current_user.is_staff or account.is_distributor or not is_billed:
        raise NotVisible()
    return account


def _page(account: Account, payment: PaymentForm | None = None, execution: ExecutionForm | None = None):
    sent = payment or execution
    status = 200 if sent is None else 409 if sent.refusal else 422
    if sent is not None and sent.refusal:
        sent.version.data = str(account.version)
    forms = {"payment": payment or PaymentForm.of(account), "execution": execution or ExecutionForm.of(account)}
    return render_template("accounts/credit.html", account=account, form=sent, **forms), status
