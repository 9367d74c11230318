"""What the screens show of a bulk retry alone; the rest is in services/bulk_lists/bulk_list_page.py."""

from dataclasses import dataclass, field

from sqlalchemy import Select

from portal.extensions import db
from portal.models import Asset, Attempt, ItemState, Product, Retry, RetryItem
from portal.services import credited_assets
from portal.services.bulk_retries.retry_items import PAYER, RETRIES, Why, items
from portal.services.credited_assets import CreditedAssets
from portal.services.lists import totals
from portal.services.lists.totals import Sum

SHOWN = 30
"""Lines of payers and products in a preview."""


@dataclass(frozen=True)
class Line:
    payer: str
    product: str
    sum: Sum


@dataclass(frozen=True)
class Preview:
    sent: Sum = field(default_factory=Sum)
    lines: list[Line] = field(default_factory=list)
    """What will be sent, by payer and product; the largest first, at most SHOWN."""
    more: int = 0
    left: dict[Why, Sum] = field(default_factory=dict)

    @property
    def possible(self) -> int:
        """Including the imported ones, in case they are ticked."""
        return self.sent.count + self.left.get(Why.IMPORTED, Sum()).count


def preview(retry: Retry) -> Preview:
    """One statement."""
    groups = (RETRIES.why(retry), PAYER.id, PAYER.name, Product.id, Product.name, Asset.currency)
    named = (groups[0].label("why"), PAYER.name.label("payer"), Product.name.label("product"))
    by_line: dict[tuple[str, str], Sum] = {}
    preview = Preview()
    for row in db.session.execute(items([retry.id], *named, *totals.columns()).group_by(*groups)):
        if row.why is not None:
            preview.left.setdefault(Why(row.why), Sum()).add(row)
            continue
        preview.sent.add(row)
        by_line.setdefault((row.payer, row.product), Sum()).add(row)
    lines = sorted((Line(*key, each) for key, each in by_line.items()), key=lambda line: -line.sum.count)
    return Preview(preview.sent, lines[:SHOWN], max(0, len(lines) - SHOWN), preview.left)


def possible_ids(retry: Retry) -> Select[tuple[int]]:
    """The assets that can be sent now, imported ones included."""
    rows = items([retry.id], Asset.id).where(RetryItem.state == ItemState.WAITING)
    return rows.where(RETRIES.why_impossible(retry).is_(None))


def credited(retry: Retry) -> CreditedAssets:
    """What can be sent now and was credited as not delivered: named before it is sent, as for one asset."""
    return credited_assets.of_several(possible_ids(retry)) if retry.is_prepared else CreditedAssets()


def first_requested(retry: Retry) -> tuple[Asset, Attempt] | None:
    """The item that is sent before the others."""
    rows = items([retry.id], Asset, Attempt).where(RetryItem.attempt_id.is_not(None))
    return db.session.execute(rows.order_by(RetryItem.id).limit(1)).first()
