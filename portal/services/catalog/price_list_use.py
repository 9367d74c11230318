"""A price list holds: it has terms, and the list that it follows ends the day before."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import PriceList
from portal.services.catalog import list_price_use, price_lines, price_terms


def begin(row: PriceList, *, by: Actor, planned_for: date | None = None) -> None:
    """Inside a transaction that has locked the list. `planned_for`: the first day that it had in use before. Raises
    Conflict with a sentence."""
    _check_usable(row)
    price_terms.locked_accounts(row)  # before any term, as whoever moves one of them
    _end_followed(row, row.valid_from - timedelta(days=1), planned_for, by)
    refuse_clash(row)
    price_terms.write(row)
    db.session.flush()


def take_back(row: PriceList) -> None:
    """Inside a transaction that has locked the list. It holds no more."""
    price_terms.remove_all(row)


def let_go_on(row: PriceList, *, by: Actor) -> None:
    """Inside a transaction that has taken the list back to delete it: the list that it follows ends where it would have
    ended without this one. Raises Conflict."""
    later = select(PriceList.name).where(PriceList.follows_id == row.id, PriceList.used_at.is_not(None))
    if (name := db.session.scalar(later.limit(1))) is not None:
        raise Conflict(_("“%(name)s” follows it and is in use. Remove that one first.", name=name))
    _end_followed(row, None, row.valid_from, by)


def refuse_clash(row: PriceList, account_ids: Sequence[int] | None = None) -> None:
    found = price_terms.clash(row, account_ids)
    if found is None:
        return
    other, product, account = found
    raise Conflict(
        _(
            "%(account)s would have two prices for %(product)s: “%(other)s” holds on some of these days.",
            account=account.name if account else _("Every account"), product=product.name, other=other.name,
        )
    )  # fmt: skip


def two_prices() -> str:
    return _("An account would have two prices for a product on one day. Nothing was changed. Look at its lists.")


def end(row: PriceList, last_day: date, by: Actor) -> None:
    """Inside a transaction that has locked the list, which is in use. Raises Conflict."""
    if row.used_at is None or (row.valid_until is not None and row.valid_until <= last_day):
        return
    _set_end(row, last_day, by)


def _check_usable(row: PriceList) -> None:
    if row.valid_from < clock.today():
        raise Conflict(_("Its first day is over. Choose today or a later day."))
    if not price_lines.lines_of(row):
        raise Conflict(_("It has no prices yet."))
    list_price_use.refuse_lost_list_prices(row)
    if not row.is_for_all and not price_terms.assigned_ids(row):
        raise Conflict(_("It is assigned to no account yet."))


def _end_followed(row: PriceList, last_day: date | None, planned_for: date | None, by: Actor) -> None:
    """On this day, or where it would end anyway."""
    if row.follows_id is None:
        return
    followed = lock(PriceList, row.follows_id)
    was_cut = planned_for is not None and followed.valid_until == planned_for - timedelta(days=1)
    row.followed_until = row.followed_until if was_cut else followed.valid_until
    ends = min((day for day in (last_day, row.followed_until) if day is not None), default=None)
    if ends == followed.valid_until or followed.used_at is None:
        return
    is_longer = followed.valid_until is not None and (ends is None or ends > followed.valid_until)
    _set_end(followed, ends, by)
    if is_longer:
        refuse_clash(followed)


def _set_end(row: PriceList, last_day: date | None, by: Actor) -> None:
    if last_day is not None and last_day < row.valid_from:
        raise Conflict(_("“%(name)s”, which it follows, would end before it begins.", name=row.name))
    audit.changes("price_list", row, {"valid_until": last_day}, act="end", by=by)
    row.version += 1
    price_terms.end(row, last_day)
    db.session.flush()
