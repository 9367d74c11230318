"""The page of a draft: what is missing, what it will say, what is not on it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from flask import render_template

from portal.bss.invoicing.draft_forms import DraftForm, ExchangeForm, IssueForm
from portal.bss.setup.setup_wording import CATEGORIES, rate_text
from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording import STATUS
from portal.display.wording.account_wording import language_name
from portal.models import Invoice, InvoiceKind, Right, TaxCategory, User
from portal.services.invoicing import (
    billable,
    drafts,
    exchange,
    issuing,
    numbering,
    readiness,
)
from portal.services.invoicing.billable import Left, Why
from portal.services.invoicing.documents import contents
from portal.services.invoicing.numbering import Series
from portal.services.invoicing.readiness import Sign, Standing
from portal.web.filters import day as day_words
from portal.web.urls import url_for

_WHY = {Why.LATER: lazy("Delivered: for another invoice"), Why.NO_PRICE: lazy("It has no price")}


@dataclass(frozen=True)
class Face:
    """How a sign is drawn."""

    kind: str
    icon: str
    word: str


_FACES = {
    Standing.NO: ("no", "close", lazy("Missing:")),
    Standing.YES: ("yes", "tick", lazy("There:")),
    Standing.OPEN: ("open", "dash", lazy("Good to know:")),
}


class DraftPage:
    """`form`: what was sent and could not be done."""

    def __init__(self, invoice: Invoice, viewer: User, form: DraftForm | None = None):
        self.invoice, self.viewer, self.form = invoice, viewer, form
        self.sources = issuing.sources_of(invoice)
        self.signs = readiness.signs(invoice, self.sources)
        self.may_act = viewer.may(Right.INVOICE)
        self.issue = self._form(IssueForm, invoice)
        self.exchange = self._form(ExchangeForm, invoice)
        self.sums = drafts.sums_of(invoice, self.sources.tax_codes)
        self.net, self.vat = sum(each.net for each in self.sums), sum(each.vat for each in self.sums)
        self._fill_days()

    def _form(self, kind: type[DraftForm], invoice: Invoice) -> DraftForm:
        form = self.form if isinstance(self.form, kind) else kind.of(invoice)
        return form.over(invoice)

    def _fill_days(self) -> None:
        form, day = self.issue, self.first_day
        if form is not self.form:
            form.issued_on.data = day
            form.due_on.data = readiness.due_day(self.sources, day) if self.company.payment_days else None

    @property
    def company(self):
        return self.sources.company

    @property
    def is_ready(self) -> bool:
        return readiness.is_ready(self.signs)

    @property
    def missing(self) -> int:
        return sum(sign.standing is Standing.NO for sign in self.signs)

    @property
    def asks_for_exchange(self) -> bool:
        return exchange.is_asked(self.invoice, self.sources)

    @property
    def is_outside(self) -> bool:
        """Whether its lines are outside the scope of VAT: then nobody's VAT id is printed."""
        codes = map(self.sources.tax_code_of, self.invoice.lines)
        return any(code is not None and code.category is TaxCategory.OUTSIDE for code in codes)

    @property
    def home(self) -> str:
        return self.sources.home_currency

    @cached_property
    def left(self) -> list[Left]:
        return billable.left_out(self.invoice.billed_account_id)

    @cached_property
    def _series(self) -> Series | None:
        """None as long as the company has no pattern."""
        return numbering.series_of(self.company, InvoiceKind.INVOICE) if self.company.invoice_pattern else None

    @cached_property
    def first_day(self) -> date:
        """On which it can be issued."""
        return issuing.first_day(self.company, clock.today())

    @property
    def next_number(self) -> str:
        return numbering.next_number(self._series, self.first_day) if self._series else ""

    @property
    def day_hint(self) -> str:
        if self.first_day == clock.today():
            return _("Today, or later; never before the newest number.")
        return _("The newest number is of %(day)s, so this is the first day that is possible.",
                 day=day_words(self.first_day).striptags())  # fmt: skip

    @property
    def printed_language(self) -> str:
        return language_name(contents.printed_language(self.invoice.language))

    def face(self, sign: Sign) -> Face:
        kind, icon, word = _FACES[sign.standing]
        return Face(kind, icon, str(word))

    def mend(self, sign: Sign) -> tuple[str, str] | None:
        """Where it is given, for those who may: address and words."""
        may = self.viewer.may
        match sign.link:
            case ("company", _id) if may(Right.CONFIGURE):
                return url_for("bss.company.edit"), _("Give it for the company")
            case ("tax_code", code_id) if may(Right.CONFIGURE):
                return url_for("bss.tax_codes.edit", tax_code_id=code_id), _("To the tax code")
            case ("account", account_id) if may(Right.EDIT_ACCOUNTS):
                return url_for("accounts.edit", account_id=account_id), _("Give it on the account")
            case ("invoice", _id) if self.may_act:
                return "#exchange-title", _("Give it below")
        return None

    def tax_words(self, each: drafts.CategorySum) -> str:
        if each.category is None:
            return _("VAT, not decided")
        return _("VAT, %(category)s, %(rate)s", category=CATEGORIES[each.category], rate=rate_text(each.rate))

    def why(self, left: Left) -> str:
        if left.why is Why.NEVER:
            return _("Not invoiced at all: %(reason)s", reason=left.reason)
        if left.why is Why.UNDELIVERED:
            return _("Not delivered: %(status)s", status=STATUS[left.asset.sync_status])
        return str(_WHY[left.why])


def render(invoice: Invoice, viewer: User, form: DraftForm | None = None) -> str:
    """The draft as billing_access.visible_invoice returns it."""
    return render_template("bss/invoicing/draft.html", page=DraftPage(invoice, viewer, form), invoice=invoice)
