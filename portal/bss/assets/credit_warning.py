"""A credit note for what was not delivered does not cancel the asset: who buys for it again is warned first."""

from flask import flash, request

from portal.core.i18n import gettext as _
from portal.models import Asset, Invoice
from portal.services import credited_assets


def notes_of(asset: Asset) -> list[Invoice]:
    """The credit notes that the page names before it buys."""
    return credited_assets.notes_of(asset.id) if asset.may_sync else []


def seen() -> int:
    """How many the page that was sent has named: bss/assets/_credited.html says it in the form. -1: nothing that a page
    says."""
    text = request.form.get("credited", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def say(asset: Asset, credits: list[Invoice], sentence: str) -> None:
    """`sentence`: what was not done, and where it can be done nevertheless."""
    numbers = ", ".join(note.number for note in credits)
    credited = _("%(asset)s was credited with %(numbers)s.", asset=asset.number, numbers=numbers)
    flash(f"{credited} {sentence}", "caution")
