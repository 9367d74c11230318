"""The demo's price lists: the distributor's for partners that pay in euro, a partner's for its customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core import clock
from portal.demo.account_tree import AccountTree
from portal.demo.offers import Offer
from portal.demo.people import SIGN_IN_PARTNER
from portal.extensions import db
from portal.models import Account, PriceLine, PriceList, PriceListAccount
from portal.services.catalog import price_terms

VOLUME = ((1, 1000), (100, 1400), (500, 1750))
"""Minimum quantities with their discounts in basis points, for partners."""
CUSTOMERS_PAY = 1.04
"""What the partner of the demo charges its customers, as a part of the list price."""


@dataclass(frozen=True)
class _Period:
    name: str
    begins: date
    ends: date | None
    extra: int
    """Basis points of discount that this year gives beyond VOLUME."""
    is_draft: bool = False


def create_price_lists(tree: AccountTree, offers: list[Offer], now: datetime) -> None:
    """Last year's list, this year's, and next year's as a draft; and the list of the partner that can sign in."""
    today = clock.day_of(now)
    year = date(today.year, 1, 1)
    in_euro = [partner for partner in tree.partners if partner.currency == "EUR" and partner.is_synchronized]
    lines = [(offer.product_id, least, None, discount) for offer in offers for least, discount in VOLUME]
    last = None
    for period in _periods(year):
        given = [(*line[:3], line[3] + period.extra) for line in lines]
        last = _list(tree.distributor, period, given, in_euro[:6], last, now)
    partner = next(each for each in tree.partners if each.code == SIGN_IN_PARTNER)
    own = _Period(f"{partner.name}, customers", year, None, 0)
    fixed = [
        (offer.product_id, 1, round(offer.prices[partner.currency] * CUSTOMERS_PAY), None)
        for offer in offers if partner.currency in offer.prices
    ]  # fmt: skip
    _list(partner, own, fixed, [], None, now, is_for_all=True)


def _periods(year: date) -> Iterable[_Period]:
    before, after = date(year.year - 1, 1, 1), date(year.year + 1, 1, 1)
    day = timedelta(days=1)
    yield _Period(f"Partners {before.year}", before, year - day, 200)
    yield _Period(f"Partners {year.year}", year, after - day, 0)
    yield _Period(f"Partners {after.year}", after, None, -100, is_draft=True)


def _list(
    seller: Account, period: _Period, lines: list, buyers: list[Account], follows: PriceList | None, now: datetime, *,
    is_for_all: bool = False,
) -> PriceList:  # fmt: skip
    made_at = min(now, now - timedelta(days=(clock.day_of(now) - period.begins).days + 20))
    row = PriceList(
        seller_id=seller.id, name=period.name, currency=seller.currency, valid_from=period.begins,
        valid_until=period.ends, is_for_all=is_for_all, follows_id=follows and follows.id,
        used_at=None if period.is_draft else made_at, created_at=made_at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    for product_id, least, amount, discount in lines:
        values = {"min_quantity": least, "amount": amount, "discount": discount}
        db.session.add(PriceLine(list_id=row.id, product_id=product_id, **values))
    db.session.add_all(PriceListAccount(list_id=row.id, account_id=buyer.id) for buyer in buyers)
    db.session.flush()
    if row.used_at is not None:
        price_terms.write(row)
    return row
