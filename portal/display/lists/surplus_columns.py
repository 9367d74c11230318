"""The columns of the register of surplus coupons."""

from portal.core.i18n import lazy
from portal.display.lists.columns import Column, Kind

COLUMNS = (
    Column("coupon", lazy("Coupon"), cell="coupon", head_css="table__main"),
    Column("state", lazy("State"), cell="state"),
    Column("why", lazy("Why"), cell="why"),
    Column("issued-for", lazy("Issued for"), cell="issued_for"),
    Column("quantity", lazy("Licences"), "quantity", Kind.NUMBER),
    Column("since", lazy("Kept since"), "recorded_at", Kind.DATE),
    Column("redeem-by", lazy("Redeem by"), "expires_at", Kind.DATE),
)
