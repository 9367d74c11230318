"""The columns of the register of surplus coupons."""

from portal.display.lists.columns import Column, Kind
from portal.web.language import lazy

COLUMNS = (
    Column("coupon", lazy("Coupon"), cell="coupon", head_css="table__main"),
    Column("state", lazy("State"), cell="state"),
    Column("why", lazy("Why"), cell="why"),
    Column("issued-for", lazy("Issued for"), cell="issued_for"),
    Column("quantity", lazy("Licences"), "quantity", Kind.NUMBER),
    Column("since", lazy("Kept since"), "recorded_at", Kind.DATE),
    Column("redeem-by", lazy("Redeem by"), "expires_at", Kind.DATE),
)
