"""Writes the mails of a morning from its reminders: one for each recipient and kind, however many assets it is about.

A mail and its number on all its reminders are written in one transaction, so each of them is told once. Coupons,
choices and people are read anew, and what does not hold any more is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal
from flask_babel.speaklater import LazyString
from sqlalchemy import Row, bindparam, delete, func, select, update

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now, ngettext, written_day
from portal.extensions import db, settings
from portal.models import Message, Reminder, ReminderKind
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About, Days, Links, Written
from portal.services.reminders import candidates, people
from portal.services.reminders.people import Told

LISTED = 50
"""In one mail; of more it says how many."""
LOOKED_AT = 1_000
"""Reminders in a transaction, unless those of one mail are more."""
MOST_MAILS = 200
EVENTS = {ReminderKind.DUE: events.REMINDER, ReminderKind.ENDS: events.ENDING}

_KEY = tuple(Reminder.__table__.primary_key.columns)
_IS_UNWRITTEN = Reminder.message_id.is_(None)
_BY = (Reminder.recipient_key, Reminder.kind)
_GROUPS = (
    select(*_BY, func.count().label("number"))
    .where(_IS_UNWRITTEN).group_by(*_BY).order_by(*_BY).limit(MOST_MAILS)
)  # fmt: skip
_PLACED = (
    select(*_KEY, func.row_number().over(partition_by=_BY, order_by=(Reminder.day, Reminder.asset_id)).label("place"))
    .where(_IS_UNWRITTEN, Reminder.recipient_key.in_(bindparam("keys", expanding=True)))
    .subquery()
)  # fmt: skip
_FIRST = (
    select(_PLACED).where(_PLACED.c.place <= bindparam("listed")).order_by(_PLACED.c.recipient_key, _PLACED.c.place)
)
_MAIL = select(Message.id).where(
    Message.event == bindparam("event"), Message.cause == bindparam("cause"),
    Message.recipient_key == bindparam("of_key"),
)  # fmt: skip
_ASSIGN = (
    update(Reminder)
    .where(_IS_UNWRITTEN, Reminder.recipient_key == bindparam("of_key"), Reminder.kind == bindparam("of_kind"))
    .values(message_id=_MAIL.scalar_subquery())
)
_FORGET = delete(Reminder).where(_IS_UNWRITTEN, *(column == bindparam(f"of_{column.name}") for column in _KEY))


_Group = tuple[str, ReminderKind]
"""A recipient’s key, and the kind: one mail."""


@dataclass(frozen=True)
class _Item:
    """A reminder, and what is known now."""

    reminder: Row
    asset: Row
    told: Told | None
    """None if this recipient is not told of the asset any more."""

    @property
    def holds(self) -> bool:
        kind, day, step = self.reminder.kind, self.reminder.day, self.reminder.step
        is_due = candidates.why_not(self.asset, kind) is None and candidates.day_of(self.asset, kind) == day
        return is_due and self.told is not None and step in self.told.steps(kind)


def write() -> bool:
    """Inside a transaction. The mails of the next recipients; False if there are none."""
    numbers = _next()
    if not numbers:
        return False
    found = [row for row in _first({key for key, _kind in numbers}) if (row.recipient_key, row.kind) in numbers]
    groups, gone = _looked_up(found)
    for row in gone:
        numbers[row.recipient_key, row.kind] -= 1
    _forget(gone)
    mails = {group: _mail(items, numbers[group]) for group, items in groups.items()}
    outbox.insert(list(mails.values()))
    _assign(mails)
    return True


def _next() -> dict[_Group, int]:
    """How many reminders each of the next mails is about."""
    numbers: dict[_Group, int] = {}
    room = LOOKED_AT
    for key, kind, number in db.session.execute(_GROUPS):
        if room > 0:
            numbers[key, kind] = number
            room -= min(number, LISTED)
    return numbers


def _first(keys: set[str]) -> Sequence[Row]:
    """Those of each recipient and kind that its mail lists, the next day first."""
    return db.session.execute(_FIRST, {"keys": sorted(keys), "listed": LISTED}).all()


def _looked_up(found: Sequence[Row]) -> tuple[dict[_Group, list[_Item]], list[Row]]:
    """What is to be told, and what is not any more."""
    assets = {row.id: row for row in candidates.described({row.asset_id for row in found})}
    told = people.of_assets(list(assets.values()))
    by_key = {asset_id: {each.key: each for each in every} for asset_id, every in told.items()}
    groups: dict[_Group, list[_Item]] = {}
    gone = []
    for row in found:
        item = _Item(row, assets[row.asset_id], by_key[row.asset_id].get(row.recipient_key))
        if item.holds:
            groups.setdefault((row.recipient_key, row.kind), []).append(item)
        else:
            gone.append(row)
    return groups, gone


def _forget(gone: Sequence[Row]) -> None:
    """They have not been told."""
    if gone:
        names = [column.name for column in _KEY]
        db.session.connection().execute(_FORGET, [{f"of_{name}": getattr(row, name) for name in names} for row in gone])


def _assign(mails: dict[_Group, Written]) -> None:
    if mails:
        rows = [
            {"of_key": key, "of_kind": kind, "event": mail.event.name, "cause": mail.about.cause}
            for (key, kind), mail in mails.items()
        ]
        db.session.connection().execute(_ASSIGN, rows)


def _mail(items: Sequence[_Item], number: int) -> Written:
    """`items`: those that it lists. Its cause is that of the first, which no other mail is about."""
    first, now = items[0], clock.now()
    values, event = _values(first), EVENTS[first.reminder.kind]
    cause = f"asset-{first.asset.id} {first.reminder.day} {first.reminder.step}"
    about = About(cause, first.asset.account_id, asset_id=first.asset.id)
    if number > 1:
        event, about = events.TOGETHER[event.name], About(cause, first.told.home.id)
        values |= _values_of_many(items, number)
    return outbox.written(event, about, first.told.to, values, now)


def _values(item: _Item) -> dict[str, object]:
    row, day = item.asset, item.reminder.day
    return {
        "asset": row.name, "quantity": row.quantity, "product": row.product, "account": row.account, "day": day,
        "in_days": Days((day - clock.day_of(clock.now())).days), "why": item.told.reason, "link": _link(row),
    }  # fmt: skip


def _values_of_many(items: Sequence[_Item], number: int) -> dict[str, object]:
    calendar, more = f"{settings().mail.portal_url}/storefront/billing/calendar", number - len(items)
    lines: list[tuple[object, str]] = [(LazyString(_line, item), _link(item.asset)) for item in items]
    return {
        "codes": LazyString(lambda: ngettext("%(num)s code", "%(num)s codes", number)),
        "purchases": LazyString(lambda: ngettext("%(num)s purchase", "%(num)s purchases", number)),
        "assets": Links([*lines, (LazyString(_more, more), calendar)] if more else lines),
        "why": LazyString(_reasons, items),
        "link": calendar,
    }


def _line(item: _Item) -> str:
    row, day = item.asset, written_day(item.reminder.day)
    quantity = format_decimal(row.quantity, locale=locale_now())
    texts = {"quantity": quantity, "asset": row.name, "account": row.account, "day": day}
    return _("%(quantity)s × %(asset)s, %(account)s: until %(day)s", **texts)


def _more(number: int) -> str:
    return ngettext("and %(num)s more, in the calendar", "and %(num)s more, in the calendar", number)


def _reasons(items: Iterable[_Item]) -> str:
    return "; ".join(dict.fromkeys(str(item.told.reason) for item in items))


def _link(row: Row) -> str:
    return f"{settings().mail.portal_url}/storefront/billing/assets/{row.id}"
