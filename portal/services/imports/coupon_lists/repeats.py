"""A coupon that stands on several lines of a list. Lines that say the same count once; one that contradicts an earlier
line is not taken.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import ShownCoupon
from portal.services.imports.import_columns import Cells

_SAID = (
    "code", "bittitan_id", "reference", "sku_id", "organization_id", "quantity", "status", "fits_from", "expires_at",
)  # fmt: skip
_COLUMNS = tuple(getattr(ShownCoupon, name) for name in _SAID)
IN_THE_RUN = 0
"""Instead of a line: one that was kept before."""


class Earlier:
    """The coupons of earlier lines."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[int, int]] = {}
        """By code and by Id: the line, and a hash of what it said."""

    @classmethod
    def of_run(cls, run_id: int, coupons: Collection[dict[str, Any]]) -> "Earlier":
        """Those with a code or an Id of these coupons. One statement."""
        codes = [each["code"] for each in coupons]
        ids = [each["bittitan_id"] for each in coupons if each["bittitan_id"]]
        is_known = ShownCoupon.code.in_(codes)
        if ids:
            is_known = or_(is_known, ShownCoupon.key.in_(ids))
        found = cls()
        for row in db.session.execute(select(*_COLUMNS).where(ShownCoupon.run_id == run_id, is_known)):
            found._note(IN_THE_RUN, dict(zip(_SAID, row, strict=True)))
        return found

    def is_new(self, cells: Cells, coupon: dict[str, Any]) -> bool:
        """Refuses the line if it contradicts an earlier one."""
        for name, mark in (("code", coupon["code"]), ("id", coupon["bittitan_id"])):
            line, said = self._lines.get(mark, (None, None))
            if line is not None:
                if said != _hash(coupon):
                    cells.refuse(name, _why(name, line))
                return False
        self._note(cells.record.line, coupon)
        return True

    def _note(self, line: int, coupon: dict[str, Any]) -> None:
        said = (line, _hash(coupon))
        self._lines[coupon["code"]] = said
        if coupon["bittitan_id"]:
            self._lines[coupon["bittitan_id"]] = said


def _hash(coupon: dict[str, Any]) -> int:
    return hash(tuple(coupon[name] for name in _SAID))


def _why(name: str, line: int) -> str:
    if name == "code":
        if line == IN_THE_RUN:
            return _("The same code stands on an earlier line, with other values.")
        return _("The same code stands on line %(line)s, with other values.", line=line)
    if line == IN_THE_RUN:
        return _("The same Id stands on an earlier line, with another code.")
    return _("The same Id stands on line %(line)s, with another code.", line=line)
