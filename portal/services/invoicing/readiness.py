"""Whether a draft can be issued: what is there, what is missing, and where it is given."""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from portal.core import clock
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now, ngettext
from portal.extensions import settings
from portal.models import Invoice, InvoiceLine, Lifecycle, SyncStatus, TaxCategory, TaxCode
from portal.providers.einvoice import totals
from portal.providers.einvoice.completeness import Format, missing_fields
from portal.providers.einvoice.document import Document, texts
from portal.providers.einvoice.glyphs import missing_glyphs
from portal.providers.einvoice.xml import MOST_DECIMALS
from portal.services.company import readiness as company_readiness
from portal.services.invoicing import (
    drafts,
    exchange,
)
from portal.services.invoicing.documents import contents
from portal.services.invoicing.documents.contents import Sources
from portal.services.tax import languages, vat_ids

NUMBER = "0"
"""Where no number is known yet."""


class Standing(enum.Enum):
    YES = "yes"
    NO = "no"
    """It cannot be issued before this is given."""
    OPEN = "open"
    """Good to know; it stops nothing."""


@dataclass(frozen=True)
class Sign:
    standing: Standing
    sentence: str
    hint: str = ""
    link: tuple[str, int | None] | None = None
    """Where it is given: `company`, `tax_code`, `account` or `invoice`, with the id."""


def signs(row: Invoice, sources: Sources) -> list[Sign]:
    """All of them, what is missing first. Needs the draft's lines with their assets and order lines."""
    found = [
        *_company(row, sources), *_buyer(sources), *_taxes(row, sources), *_lines(row), *_exchange(row, sources),
    ]  # fmt: skip
    if not any(sign.standing is Standing.NO for sign in found):
        found += _document(draft_document(row, sources), sources.buyer.id)
    return _missing_first(found)


def _missing_first(found: list[Sign]) -> list[Sign]:
    order = (Standing.NO, Standing.YES, Standing.OPEN)
    return sorted(found, key=lambda sign: order.index(sign.standing))


def is_ready(found: Iterable[Sign]) -> bool:
    return all(sign.standing is not Standing.NO for sign in found)


def draft_document(row: Invoice, sources: Sources) -> Document:
    """What it would say if it was issued today. The seller, the buyer's country and all taxes are known."""
    today = clock.today()
    return contents.invoice(row, sources, number=NUMBER, issued_on=today, due_on=due_day(sources, today))


def printable_draft(row: Invoice, sources: Sources) -> Document:
    """As `draft_document`. Raises Conflict if something is missing."""
    found = signs(row, sources)
    if not is_ready(found):
        raise Conflict(_("It can be seen as PDF once nothing is missing. %(first)s", first=found[0].sentence))
    return draft_document(row, sources)


def due_day(sources: Sources, issued_on: date) -> date:
    return issued_on + timedelta(days=sources.company.payment_days)


def _used_codes(row: Invoice, sources: Sources) -> list[TaxCode]:
    found = {code.id: code for code in map(sources.tax_code_of, row.lines) if code is not None}
    return list(found.values())


def _company(row: Invoice, sources: Sources) -> Iterator[Sign]:
    missing = company_readiness.missing(sources.company, _used_codes(row, sources))
    of_company = [each for each in missing if each.tax_code is None and each.field != "tax_codes"]
    for each in of_company:
        yield Sign(Standing.NO, each.sentence, link=("company", None))
    if not of_company:
        yield Sign(Standing.YES, _("The seller’s name, address, numbers and bank"))


def _buyer(sources: Sources) -> Iterator[Sign]:
    link = ("account", sources.buyer.id)
    if sources.buyer.country is None:
        yield Sign(Standing.NO, _("The buyer’s country is missing."), link=link)
    else:
        yield Sign(Standing.YES, _("The buyer’s name and country"))
    if not sources.buyer.address or not sources.buyer.city:
        yield Sign(Standing.OPEN, _("The buyer’s address is not complete."), _("XRechnung wants it."), link)
    if sources.buyer.vat_number and vat_ids.is_plausible(sources.buyer.vat_number, sources.buyer.country) is False:
        yield Sign(Standing.OPEN, _("The buyer’s VAT id is not plausible."), _("Check its letters and digits."), link)
    if not sources.buyer.buyer_reference:
        yield Sign(Standing.OPEN, _("No buyer reference"), _("German authorities want a Leitweg-ID."), link)


def _taxes(row: Invoice, sources: Sources) -> Iterator[Sign]:
    undecided = [line for line in row.lines if sources.tax_code_of(line) is None]
    if undecided:
        hint = ngettext("%(num)s line has none.", "%(num)s lines have none.", len(undecided))
        yield Sign(
            Standing.NO, _("Nobody has decided the tax code of the account."), hint, ("account", sources.buyer.id)
        )
        return
    codes = _used_codes(row, sources)
    yield from _reasons(row, codes)
    if len({code.category is TaxCategory.OUTSIDE for code in codes}) > 1:
        yield Sign(Standing.NO, _("Lines outside the scope of VAT need an invoice of their own. Leave them out."))
    if _have_one_tax_differently(codes, row.language):
        sentence = _("Two tax codes of one category and rate give different reasons. Leave the lines of one out.")
        yield Sign(Standing.NO, sentence)


def _reasons(row: Invoice, codes: list[TaxCode]) -> Iterator[Sign]:
    language = languages.base(row.language)
    for code in codes:
        if code.category.needs_reason and not code.reasons.get(language):
            name = locale_now().languages.get(language, language)
            sentence = _("The reason of tax code %(code)s is missing in %(language)s.", code=code.code, language=name)
            yield Sign(Standing.NO, sentence, link=("tax_code", code.id))


def _have_one_tax_differently(codes: list[TaxCode], language: str) -> bool:
    base = languages.base(language)
    taxes = {(code.category, code.rate, code.reasons.get(base), code.reason_code) for code in codes}
    return len(taxes) > len({tax[:2] for tax in taxes})


def _lines(row: Invoice) -> Iterator[Sign]:
    undelivered = [line for line in row.lines if not is_delivered(line) and not line.undelivered_reason]
    if undelivered:
        names = ", ".join(line.asset.number for line in undelivered if line.asset is not None)
        sentence = _("Not delivered any more: %(names)s. Leave it out, or say why it is invoiced.", names=names)
        yield Sign(Standing.NO, sentence)
    else:
        yield Sign(Standing.YES, _("Every line has a price and a delivered asset."))
    wrong = [line for line in row.lines if line.net != (line.order_line.total or 0)]
    if wrong:
        sentence = ngettext(
            "%(num)s line has another price than its order.", "%(num)s lines have another price than their order.",
            len(wrong),
        )  # fmt: skip
        yield Sign(Standing.OPEN, sentence)
    else:
        yield Sign(Standing.YES, _("The sums agree with the orders to the cent."))


def is_delivered(line: InvoiceLine) -> bool:
    asset = line.asset
    return asset is not None and asset.sync_status is SyncStatus.SYNCHRONIZED and asset.lifecycle is Lifecycle.ACTIVE


def _exchange(row: Invoice, sources: Sources) -> Iterator[Sign]:
    if not exchange.is_asked(row, sources):
        return
    home, link = sources.home_currency, ("invoice", row.id)
    if row.home_vat is None and exchange.is_needed(sources):
        hint = _("Seller and buyer are in one country, whose tax office wants the VAT in its own currency.")
        yield Sign(Standing.NO, _("The VAT in %(currency)s is missing.", currency=home), hint, link)
    elif row.home_vat is None:
        hint = _("Only where the seller’s tax office wants it.")
        yield Sign(Standing.OPEN, _("The VAT is not given in %(currency)s.", currency=home), hint, link)
    elif row.vat != sum(each.vat for each in drafts.sums_of(row, sources.tax_codes)):
        sentence = _("A tax code was changed after the VAT in %(currency)s was worked out.", currency=home)
        yield Sign(Standing.NO, sentence, _("Save the rate again."), link)
    else:
        yield Sign(Standing.YES, _("The VAT is given in %(currency)s, too.", currency=home))


def _document(document: Document, buyer_id: int) -> Iterator[Sign]:
    link = ("account", buyer_id)
    for name in missing_fields(document, Format.FACTUR_X):
        is_vat_id = name == "buyer.vat_id"
        sentence = _("The buyer’s VAT id is missing.") if is_vat_id else _("This is missing: %(name)s.", name=name)
        hint = _("Reverse charge needs both.") if is_vat_id else ""
        yield Sign(Standing.NO, sentence, hint, link)
    if totals.decimals(document.currency) > MOST_DECIMALS:
        sentence = _("There is no XML: %(currency)s has more than two decimals.", currency=document.currency)
        yield Sign(Standing.OPEN, sentence, _("EN 16931 allows two. The PDF says the same."))
    yield _printing(document, link)


def _printing(document: Document, link: tuple[str, int]) -> Sign:
    missing = missing_glyphs("".join(texts(document)), settings().invoice_fonts)
    if missing:
        sentence = _("These characters cannot be printed: %(missing)s", missing=" ".join(missing))
        return Sign(Standing.OPEN, sentence, _("The XML has them; the PDF waits for a decision."), link)
    return Sign(Standing.YES, _("All characters can be printed."))
