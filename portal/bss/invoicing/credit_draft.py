"""A draft credit note: what was cancelled after it was invoiced. Staff keep its reason, issue or discard it."""

from typing import Self

from flask import flash, render_template
from flask_login import current_user
from wtforms import TextAreaField

from portal.bss.assets.asset_forms import plain_lines
from portal.bss.invoicing.credit_form import CreditForm
from portal.bss.invoicing.draft_forms import DraftForm
from portal.core import billing_access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Invoice, Right, User
from portal.services.invoicing import credit_notes
from portal.web.forms import Text


class CreditDraftForm(DraftForm):
    reason = TextAreaField(
        lazy("In words, printed on the credit note"),
        filters=[plain_lines],
        validators=[Text(credit_notes.LONGEST_REASON, empty=lazy("Say why. The buyer reads it on the credit note."))],
    )

    @classmethod
    def of(cls, draft: Invoice) -> Self:
        return cls(data={"reason": draft.reason})


class CreditDraftPage:
    def __init__(self, draft: Invoice, viewer: User, form: CreditDraftForm | None = None):
        self.may_act = viewer.may(Right.INVOICE)
        self.form = (form or CreditDraftForm.of(draft)).over(draft)
        self.preview = credit_notes.of_draft(draft)
        self.taxes = CreditForm.tax_words(self.preview)


def render(draft: Invoice, viewer: User, form: CreditDraftForm | None = None) -> str:
    """The draft as billing_access.visible_invoice returns it."""
    page = CreditDraftPage(draft, viewer, form)
    return render_template("bss/invoicing/credit_draft.html", page=page, invoice=draft)


def act(draft: Invoice) -> CreditDraftForm:
    """What was pressed on its page. Without a result nothing was done."""
    form = CreditDraftForm.of(draft)
    if form.is_pressed("issue", "keep", of=draft) and form.carry_out(_ACTS[form.act], draft, form):
        is_issued = not form.result.is_draft
        sentence = _("Issued as %(number)s. Its PDF follows in a moment.", number=form.result.number)
        flash(sentence if is_issued else _("Saved."), "positive")
    return form


def _keep(draft: Invoice, form: CreditDraftForm) -> Invoice:
    values = {"version": form.seen_version(), "by": current_user}
    return credit_notes.save_reason(draft, form.reason.data or "", **values)


def _issue(draft: Invoice, form: CreditDraftForm) -> Invoice:
    """With the reason that stands in the form."""
    version = _keep(draft, form).version  # before it is read again: that refreshes the same object
    row = billing_access.visible_invoice(current_user, draft.id)
    return credit_notes.issue_draft(row, version=version, by=current_user)


_ACTS = {"issue": _issue, "keep": _keep}
