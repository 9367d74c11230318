"""Which tax code fits an account, by the countries and the VAT id. A person decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.models import Account, TaxCategory, TaxCode
from portal.services.tax import vat_ids


@dataclass(frozen=True)
class Proposal:
    tax_code: TaxCode | None
    """None if the portal cannot tell."""
    why: str


def propose(seller_country: str | None, account: Account, codes: Sequence[TaxCode]) -> Proposal:
    """`codes`: those that may be given. Licences are services: a business elsewhere in the EU owes the tax itself."""
    category, why = _category(seller_country, account)
    fitting = [code for code in codes if code.category is category]
    if category is not None and not fitting:
        return Proposal(None, _("%(why)s There is no tax code of category %(category)s.",
                                why=why, category=category.value))  # fmt: skip
    return Proposal(max(fitting, key=lambda code: code.rate, default=None), why)


def _category(seller: str | None, account: Account) -> tuple[TaxCategory | None, str]:
    if seller is None:
        return None, _("The company has no country yet.")
    if account.country is None:
        return None, _("The account has no country.")
    if account.country == seller:
        return TaxCategory.STANDARD, _("It is in the seller’s country.")
    if account.country not in vat_ids.EU:
        return TaxCategory.OUTSIDE, _("It is outside the EU.")
    if seller not in vat_ids.EU:
        return None, _("The seller is outside the EU.")
    if not account.vat_number or not vat_ids.is_plausible(account.vat_number, account.country):
        return None, _("It is elsewhere in the EU, and has no plausible VAT id.")
    if vat_ids.country_of(account.vat_number) != account.country:
        return None, _("Its VAT id is of another country.")
    return TaxCategory.REVERSE_CHARGE, _("It is a business elsewhere in the EU, with a plausible VAT id.")
