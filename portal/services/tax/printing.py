"""What of a name or an address cannot be printed on invoices: the PDF waits for a person then, never the XML."""

from portal.extensions import settings
from portal.models import Account, Company
from portal.providers.einvoice.glyphs import missing_glyphs


def unprintable_of_account(account: Account) -> str:
    """The characters that no font has. Of a partner’s customer the name alone is printed."""
    if not account.pays_itself:
        return _unprintable(account.name)
    return _unprintable(account.print_name or account.name, account.address, account.postcode, account.city)


def unprintable_of_company(company: Company) -> str:
    name_and_address = (company.legal_name, company.street, company.street_more, company.postcode, company.city)
    return _unprintable(*name_and_address, company.contact_name, company.bank_name, *company.terms.values())


def _unprintable(*texts: str | None) -> str:
    return missing_glyphs("".join(filter(None, texts)), settings().invoice_fonts)
