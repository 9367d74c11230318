"""Assets that were credited as not delivered. Such a credit note does not cancel the asset: who buys for it again must
have seen its credit notes. None is ever deleted, so how many a person saw says which ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from portal.core.errors import Credited
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Asset, CreditCause, Invoice, InvoiceLine

NAMED = 10
"""Most assets that a warning names."""
_IS_UNDELIVERED = InvoiceLine.credits_line_id.is_not(None), Invoice.cause == CreditCause.NOT_DELIVERED


@dataclass(frozen=True)
class CreditedAssets:
    """Of several assets, those that were credited as not delivered."""

    count: int = 0
    first: Sequence[tuple[str, Sequence[Invoice]]] = ()
    """The number of an asset, and its credit notes; at most NAMED."""

    @property
    def more(self) -> int:
        return self.count - len(self.first)


def notes_of(asset_id: int) -> list[Invoice]:
    """Its credit notes, the oldest first. For staff; one statement."""
    ids = select(InvoiceLine.invoice_id).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    ids = ids.where(InvoiceLine.asset_id == asset_id, *_IS_UNDELIVERED)
    return list(db.session.scalars(select(Invoice).where(Invoice.id.in_(ids)).order_by(Invoice.id)))


def of_several(asset_ids: Select[tuple[int]] | Sequence[int]) -> CreditedAssets:
    """One statement if there is none; else one for each that is named, and two."""
    rows = select(InvoiceLine.asset_id).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    credited = rows.where(InvoiceLine.asset_id.in_(asset_ids), *_IS_UNDELIVERED).distinct()
    count = db.session.scalar(select(func.count()).select_from(credited.subquery()))
    if not count:
        return CreditedAssets()
    assets = list(db.session.scalars(select(Asset).where(Asset.id.in_(credited)).order_by(Asset.id).limit(NAMED)))
    return CreditedAssets(count, [(asset.number, notes_of(asset.id)) for asset in assets])


def count_notes(asset_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Of the asset in a row of the statement."""
    rows = select(func.count(InvoiceLine.invoice_id.distinct())).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    return rows.where(InvoiceLine.asset_id == asset_id, *_IS_UNDELIVERED).scalar_subquery()


def check_seen(asset: Asset, credits_seen: int) -> None:
    """Inside the transaction that decides to buy. `credits_seen`: how many of its credit notes the person was shown.
    Raises Credited."""
    notes = notes_of(asset.id)
    if len(notes) != credits_seen:
        numbers = ", ".join(note.number for note in notes)
        raise Credited(_("%(asset)s was credited as not delivered with %(numbers)s. Nothing was sent: open the asset "
                         "to synchronize it nevertheless.", asset=asset.number, numbers=numbers or "–"))  # fmt: skip
