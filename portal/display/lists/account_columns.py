"""The columns of the list of accounts, and those of its file, which can be imported (services/imports)."""

from portal.core.i18n import lazy
from portal.display.lists.columns import Column, Kind
from portal.models import User


def _staff(user: User) -> bool:
    return user.is_staff


COLUMNS = (
    Column("name", lazy("Name"), cell="name", head_css="table__main"),
    Column("code", lazy("Code"), "code", css="nowrap"),
    Column("kind", lazy("Type"), cell="kind"),
    Column("under", lazy("Belongs to"), cell="under", is_for=_staff),
    Column("link", lazy("BitTitan"), cell="link"),
    Column("country", lazy("Country"), cell="country"),
    Column("since", lazy("Since"), "created_at", Kind.DATE),
)

IN_FILE = (
    Column("code", lazy("Code"), "code"),
    Column("name", lazy("Name"), "name"),
    Column("kind", lazy("Type"), "kind"),
    Column("parent", lazy("Parent Code"), "parent_code"),
    Column("bittitan-email", lazy("BitTitan E-mail"), "bittitan_email"),
    Column("billing-email", lazy("Billing E-mail"), "billing_email"),
    Column("country", lazy("Country"), "country"),
    Column("currency", lazy("Currency"), "currency"),
    Column("vat-number", lazy("VAT Number"), "vat_number"),
    Column("contact-email", lazy("Contact E-mail"), "contact_email"),
    Column("address", lazy("Address"), "address"),
    Column("postcode", lazy("Postcode"), "postcode"),
    Column("city", lazy("City"), "city"),
    Column("language", lazy("Language"), "language"),
    Column("tax-code", lazy("Tax Code"), "tax_code", is_for=_staff),
    Column(
        "credit-limit",
        lazy("Credit Limit"),
        ("credit_limit", "currency"),
        Kind.AMOUNT,
        is_for=_staff,
    ),
    Column("print-name", lazy("Print Name"), "print_name", is_for=_staff),
    Column("buyer-reference", lazy("Buyer Reference"), "buyer_reference", is_for=_staff),
    Column("electronic-address", lazy("Electronic Address"), "electronic_address", is_for=_staff),
    Column("invoice-rhythm", lazy("Invoice Rhythm"), "invoice_rhythm", is_for=_staff),
    Column("invoice-delivery", lazy("Invoice Delivery"), "invoice_delivery", is_for=_staff),
)
