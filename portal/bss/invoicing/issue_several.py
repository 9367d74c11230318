"""Issues several drafts, after a preview: each by itself, and a receipt of what was issued and what was not."""

import re
from dataclasses import dataclass, replace
from datetime import date

from flask import render_template, request
from flask_login import current_user
from wtforms import HiddenField

from portal.bss.invoicing.draft_forms import DraftForm
from portal.bss.invoicing.invoices import bp
from portal.core import billing_access, clock
from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Invoice, Right
from portal.services import company as company_service
from portal.services.invoicing import credit_notes, issuing, readiness
from portal.services.invoicing.documents.contents import Sources
from portal.services.invoicing.readiness import Sign, Standing
from portal.web.security.guards import requires

MOST = 50
_SEEN = re.compile(r"(\d{1,9})-(\d{1,9})")


class SeveralForm(DraftForm):
    seen = HiddenField()
    """The drafts that can be issued, with the version that the person saw, such as "17-1 18-2"."""

    def versions(self) -> dict[int, int]:
        pairs = (_SEEN.fullmatch(text) for text in (self.seen.data or "").split()[:MOST])
        return {int(pair[1]): int(pair[2]) for pair in pairs if pair}


@dataclass(frozen=True)
class Previewed:
    invoice: Invoice
    signs: list[Sign]

    @property
    def missing(self) -> list[Sign]:
        return [sign for sign in self.signs if sign.standing is Standing.NO]


@dataclass(frozen=True)
class Preview:
    rows: list[Previewed]
    has_more: bool
    """There are more drafts than can be issued here."""

    @property
    def ready(self) -> list[Invoice]:
        return [row.invoice for row in self.rows if not row.missing]

    @property
    def has_credit_notes(self) -> bool:
        return any(invoice.is_credit_note for invoice in self.ready)

    @property
    def seen(self) -> str:
        return " ".join(f"{invoice.id}-{invoice.version}" for invoice in self.ready)


@dataclass(frozen=True)
class Outcome:
    invoice_id: int
    buyer: str
    number: str = ""
    is_credit_note: bool = False
    why: str = ""
    """Why it was not issued."""


@bp.route("/several", methods=["GET", "POST"])
@requires(Right.INVOICE)
def several():
    """`pick`: the drafts that were ticked; without, the oldest ones."""
    form = SeveralForm()
    if form.is_pressed("issue") and form.versions():
        outcomes = [_issue(*each) for each in form.versions().items()]
        issued = [each for each in outcomes if each.number]
        refused = [each for each in outcomes if not each.number]
        shown = {"issued": issued, "has_credit_notes": any(each.is_credit_note for each in issued)}
        return render_template("bss/invoicing/several_receipt.html", refused=refused, **shown)
    ids = list(form.versions()) if form.is_submitted() else _picked()
    preview = _preview(ids)
    form.seen.data = preview.seen
    context = {"form": form, "preview": preview, "most": MOST, "later_day": _later_day()}
    return render_template("bss/invoicing/several.html", **context), form.status


def _later_day() -> date | None:
    """The day of the invoices, if it cannot be today."""
    today = clock.today()
    day = issuing.first_day(company_service.row(), today)
    return None if day == today else day


def _picked() -> list[int] | None:
    if "pick" not in request.args:
        return None
    return [found for text in request.args.getlist("pick")[:MOST] if (found := row_id(text)) is not None]


def _preview(ids: list[int] | None) -> Preview:
    found = billing_access.visible_drafts(current_user, MOST + 1, ids)
    drafts = found[:MOST]
    if not drafts:
        return Preview([], has_more=False)
    shared = issuing.sources_of(drafts[0])
    rows = [Previewed(row, _signs(row, replace(shared, buyer=row.billed_account))) for row in drafts]
    return Preview(rows, has_more=len(found) > MOST)


def _signs(draft: Invoice, sources: Sources) -> list[Sign]:
    """A credit note says what its invoice said, in which nothing was missing."""
    return [] if draft.is_credit_note else readiness.signs(draft, sources)


def _issue(invoice_id: int, version: int) -> Outcome:
    """In a transaction of its own."""
    found = billing_access.visible_drafts(current_user, 1, [invoice_id])
    if not found:
        return Outcome(invoice_id, "", why=_("It was issued or discarded a moment before."))
    try:
        issue = credit_notes.issue_draft if found[0].is_credit_note else issuing.issue
        row = issue(found[0], version=version, by=current_user)
    except DomainError as why:
        return Outcome(invoice_id, found[0].buyer_name, why=why.message or _("It cannot be issued now."))
    return Outcome(invoice_id, row.buyer_name, number=row.number, is_credit_note=row.is_credit_note)
