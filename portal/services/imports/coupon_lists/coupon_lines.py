"""One line of a list of coupons: what it says, in the portal's terms."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any

from sqlalchemy import select

from portal.core import field_rules
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db, settings
from portal.models import Account, ProductType
from portal.models.text_keys import fold
from portal.services.imports.coupon_lists import coupon_columns, masking
from portal.services.imports.import_columns import Cells
from portal.services.imports.reading import Choices, Reading, Survey, dates
from portal.services.imports.reading.refusals import BadCell
from portal.services.reconciliation.matching.company_names import plain_name

DAY = timedelta(days=1)
_TIME = re.compile(r"(\S*[0-9])(?:T|,?\s+)[0-9]{1,2}:[0-9]{2}.*")


class Names:
    """Product types by name or SKU, organisations by the name of the one account that has it, and days: all repeat."""

    def __init__(self):
        self.sku_of, self.organization_of = cache(self._sku_of), cache(self._organization_of)
        self.noon_of = lru_cache(maxsize=4096)(_noon)

    @cached_property
    def _skus(self) -> dict[str, str]:
        rows = db.session.execute(select(ProductType.name, ProductType.sku_id)).all()
        return {fold(name): sku_id for name, sku_id in rows if sku_id} | {fold(sku): sku for _name, sku in rows if sku}

    @cached_property
    def _organizations(self) -> dict[str, str | None]:
        """None for a name of several organisations."""
        known: dict[str, str | None] = {}
        rows = select(Account.name, Account.organization_id).where(Account.organization_id.is_not(None))
        for name, organization_id in db.session.execute(rows):
            key = plain_name(name)
            known[key] = organization_id if known.get(key, organization_id) == organization_id else None
        return known

    def _sku_of(self, text: str) -> str | None:
        return self._skus.get(fold(text.strip())) if text.strip() else None

    def _organization_of(self, text: str) -> str | None:
        text = text.strip()
        return text.lower() if masking.is_id(text) else self._organizations.get(plain_name(text))


def survey(records: Iterator[Cells], choices: Choices) -> Reading:
    """How dates are written is decided by the whole file."""
    found = Survey(coupon_columns.DATES, (), ())
    for cells in records:
        if cells.check_form():
            texts = {name: _without_time(cells.plain(name)) for name in coupon_columns.DATES}
            found.look_at(texts, cells.record.line)
    return found.decide(choices)


def coupon_of(cells: Cells, names: Names) -> dict[str, Any]:
    """The columns of a ShownCoupon. What is wrong with the line is in `cells.faults`."""
    if not cells.check_form():
        return {}
    code, coupon_id = cells.read("code", _code), cells.read("id", _id)
    issued_on = cells.read("issued", _day, cells.reading.of_date("issued"))
    expires_on = cells.read("expires", _day, cells.reading.of_date("expires"))
    return {
        "key": coupon_id or code, "is_listed": True, "bittitan_id": coupon_id, "code": code,
        "reference": cells.read("reference", _text) or None, "sku_id": names.sku_of(cells.plain("product")),
        "organization_id": names.organization_of(cells.plain("organisation")),
        "quantity": cells.read("quantity", _quantity), "status": cells.read("status", _status) or None,
        "issued_at": None, "fits_from": issued_on and issued_on - DAY, "fits_until": issued_on and issued_on + DAY,
        "expires_at": expires_on and names.noon_of(expires_on), "validity_days": None, "redeemed_at": None,
    }  # fmt: skip


def _code(text: str) -> str:
    try:
        return field_rules.coupon_code(text)
    except InvalidInput as refusal:
        raise BadCell(refusal.message) from None


def _id(text: str) -> str | None:
    text = text.strip()
    if text and not masking.is_id(text):
        raise BadCell(_("“%(text)s” is no Id of BitTitan’s.", text=masking.without_code(text)))
    return text.lower() or None


def _quantity(text: str) -> int | None:
    digits = re.sub("[\\s\u00a0\u202f.,'’]", "", text)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 10**9):
        raise BadCell(_("“%(text)s” is no number of licences.", text=masking.without_code(text)))
    return int(digits)


def _status(text: str) -> str:
    return _text(text)[:40]


def _text(text: str) -> str:
    try:
        return field_rules.kept_text(text.strip()[:80], "reference", 80)
    except InvalidInput as refusal:
        raise BadCell(refusal.message) from None


def _day(text: str, reading: dates.DateReading) -> date | None:
    text = _without_time(text)
    try:
        return dates.parsed(text, reading) if text else None
    except BadCell:
        if masking.may_hold_code(text):
            raise BadCell(_("“%(text)s” is no date.", text=masking.masked(text))) from None
        raise


def _without_time(text: str) -> str:
    text = text.strip()
    with_time = _TIME.fullmatch(text)
    return with_time[1].rstrip(",T") if with_time else text


def _noon(day: date) -> datetime:
    """An instant of this day of the distributor's."""
    return datetime.combine(day, time(12), settings().time_zone).astimezone(UTC)
