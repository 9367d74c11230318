"""A credit note for what was not delivered does not cancel the asset: who buys for it again is warned first."""

from flask import flash, request

from portal.core.i18n import gettext as _
from portal.models import Asset, Invoice
from portal.services.invoicing import credit_notes


def notes_of(asset: Asset) -> list[Invoice]:
    """The credit notes that the page names before it buys."""
    return credit_notes.of_undelivered(asset.id) if asset.may_sync else []


def is_unread() -> bool:
    """Whether the page that was sent named none. One that does has bss/assets/_credited.html in its form."""
    return "credited" not in request.form


def say(asset: Asset, credits: list[Invoice], sentence: str) -> None:
    """`sentence`: what was not done, and where it can be done nevertheless."""
    numbers = ", ".join(note.number for note in credits)
    credited = _("%(asset)s was credited with %(numbers)s.", asset=asset.number, numbers=numbers)
    flash(f"{credited} {sentence}", "caution")
