"""The rows of a list of assets, drawn. Fifty rows have five shapes: the template draws each shape once, with a hole for
each value, and keeps it; then the values are put into the holes of its rows. Nothing of any asset is kept.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, Self

from flask import Flask, current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from portal.core import clock
from portal.display.badges import Badges
from portal.display.wording import sync_sentence
from portal.models import Lifecycle, Right, SyncStatus, User
from portal.models.asset_rules import AssetRules
from portal.services.lists.listed import ListedAsset
from portal.web.filters import Said, day, distance, number
from portal.web.language import locale_now
from portal.web.urls import base

HOLES = (
    "id", "version", "name", "product", "customer", "billed", "quantity", "purchased_on", "redeem_by", "distance",
    "sentence", "mask", "csrf_token",
)  # fmt: skip
_MARKS = {name: Markup(chr(0xE000 + place)) for place, name in enumerate(HOLES)}
"""Characters that no text of ours has."""
_TO_PATTERN = str.maketrans({"%": "%%"} | {mark: f"%({name})s" for name, mark in _MARKS.items()})


class Look(NamedTuple):
    """What is the same in all rows."""

    columns: tuple[str, ...]
    drawn_as: str
    is_out_of_band: bool
    is_staff: bool
    rights: frozenset[Right]
    base: tuple[str, str]
    language: str

    def may(self, right: Right) -> bool:
        return right in self.rights


class _ShapeOfCoupon(NamedTuple):
    redeemed_at: bool
    mask: Markup = _MARKS["mask"]


class _Differences(NamedTuple):
    sync_status: SyncStatus
    lifecycle: Lifecycle
    asks_if_bought: bool
    asked_at: bool
    is_billed_elsewhere: bool
    has_run_out: bool
    has_sentence: bool
    coupon: _ShapeOfCoupon | None


class Shape(_Differences, AssetRules):
    """What of an asset decides how its row is drawn. In place of its values it has the marks of their holes."""

    __slots__ = ()

    @classmethod
    def of(cls, asset: ListedAsset, today: date, sentence: str) -> Self:
        return cls(
            asset.sync_status,
            asset.lifecycle,
            asset.asks_if_bought,
            asset.asked_at is not None,
            asset.is_billed_elsewhere,
            asset.is_expired(today),
            bool(sentence),
            asset.coupon and _ShapeOfCoupon(asset.coupon.redeemed_at is not None),
        )

    def __getattr__(self, name: str) -> Markup:
        if name not in _MARKS:
            raise AttributeError(name)
        return _MARKS[name]


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset_rows=asset_rows)


def asset_rows(
    rows: Sequence[ListedAsset], columns: tuple[str, ...], drawn_as: str, viewer: User, *, out_of_band: bool = False
) -> Markup:
    """`drawn_as` is the word with which a form in a row says where it stands."""
    look = Look(columns, drawn_as, out_of_band, viewer.is_staff, viewer.rights, base(), str(locale_now()))
    days, distances, numbers, texts, today = Said(day), Said(distance), Said(number), Said(escape), clock.today()
    csrf_token, html = generate_csrf(), []
    for asset in rows:
        sentence = sync_sentence(asset, viewer)
        values = {
            "id": asset.id,
            "version": asset.version,
            "name": escape(asset.name),
            "product": texts[asset.product],
            "customer": texts[asset.customer],
            "billed": texts[asset.billed],
            "quantity": numbers[asset.quantity],
            "purchased_on": days[asset.purchased_on],
            "redeem_by": days[asset.redeem_by],
            "distance": distances[asset.redeem_by],
            "sentence": escape(sentence),
            "mask": escape(asset.coupon.mask) if asset.coupon else "",
            "csrf_token": csrf_token,
        }
        html.append(_drawn(look, Shape.of(asset, today, sentence)) % values)
    return Markup("".join(html))


@lru_cache(maxsize=500)
def _drawn(look: Look, shape: Shape) -> str:
    """For `%` with the values by name."""
    badges = Badges(look, _MARKS["csrf_token"], drawn_as=look.drawn_as)
    row = current_app.jinja_env.get_template("assets/_row.html").render(asset=shape, look=look, badges=badges)
    return row.translate(_TO_PATTERN)
