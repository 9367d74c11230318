"""The drawing of an asset's two periods, to redeem and to use. Positions are per cent of the time from the issue (or
purchase) to the last day of use.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.models import Asset
from portal.web.filters import day


@dataclass(frozen=True)
class Clocks:
    begin: date
    now: float
    redeem: float
    """Where the code expires."""
    left: float
    usable: float
    """Length of the period of use, if redeemed today (or as redeemed)."""
    later: float
    """Additional length, if redeemed on the last day."""
    shows_now: bool
    if_today: date
    used_until: date | None
    title: str

    @property
    def anchor(self) -> str:
        """The text anchor that keeps the label inside the drawing."""
        return "start" if self.now < 8 else "end" if self.now > 92 else "middle"


def install(app: Flask) -> None:
    app.jinja_env.globals.update(two_clocks=two_clocks)


def two_clocks(asset: Asset) -> Clocks:
    today = clock.today()
    begin = clock.day_of(asset.issued_at) if asset.issued_at else asset.purchased_on
    end = max(asset.usable_until, begin + timedelta(days=1))
    redeemed = asset.coupon.redeemed_at and clock.day_of(asset.coupon.redeemed_at)
    use_begins = redeemed or today
    use_ends = min(use_begins + timedelta(days=asset.validity_days), end)

    def position(value: date) -> float:
        return round(min(max((value - begin).days / (end - begin).days, 0), 1) * 100, 1)

    may_use = redeemed is not None or today <= asset.redeem_by
    return Clocks(
        begin=begin,
        now=position(use_begins),
        redeem=position(asset.redeem_by),
        left=round(position(asset.redeem_by) - position(today), 1) if redeemed is None else 0,
        usable=round(position(use_ends) - position(use_begins), 1) if may_use else 0,
        later=round(100 - position(use_ends), 1) if may_use and redeemed is None else 0,
        shows_now=begin <= today <= end and redeemed is None,
        if_today=use_ends,
        used_until=use_ends if redeemed else None,
        title=_(
            "The code can be redeemed from %(begin)s to %(redeem)s. The licences run %(days)s days from the day of "
            "redeeming, so they end on %(end)s at the latest.",
            begin=day(begin).striptags(),
            redeem=day(asset.redeem_by).striptags(),
            days=asset.validity_days,
            end=day(asset.usable_until).striptags(),
        ),
    )
