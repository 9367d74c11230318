"""Writes mails, in the transaction of what they tell about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_time, format_timedelta
from babel.numbers import format_currency, format_decimal
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import languages, money, transaction
from portal.core.i18n import in_language, locale_now, written_day
from portal.extensions import db, settings
from portal.models import CODE_MARK, Asset, Coupon, Invoice, Message, Order, User, email_address
from portal.services.mail import fields
from portal.services.mail.events import Event
from portal.services.mail.fields import LONGEST_SUBJECT
from portal.services.mail.texts import in_use
from portal.services.mail.texts.built_in import Texts

MOST_DAYS = 1_000
"""More than that would be told in weeks or months."""


@dataclass(frozen=True)
class Recipient:
    address: str
    name: str
    language: str


@dataclass(frozen=True)
class Amount:
    """Of money, as a value of a field."""

    amount: int
    currency: str


@dataclass(frozen=True)
class Days:
    """Until a day, as a value of a field: “in 7 days”."""

    number: int


@dataclass(frozen=True)
class Links:
    """A list, as a value of a field: a line for each, of words and an address."""

    lines: Sequence[tuple[object, str]]


@dataclass(frozen=True)
class About:
    """What a mail tells about. `cause`: it is told once to each recipient."""

    cause: str
    account_id: int
    asset: Asset | None = None
    order: Order | None = None
    invoice: Invoice | None = None
    coupon: Coupon | None = None
    """Its code is filled in where the text says `{{ code }}`, when the mail is sent."""
    asset_id: int | None = None
    """Instead of `asset`, where it is not loaded."""
    link_of: User | None = None
    """A new one-time link of this person is filled in where the text says `{{ one_time_link }}`."""


@dataclass(frozen=True)
class Written:
    event: Event
    about: About
    to: Recipient
    values: Mapping[str, str]
    """In the language of the recipient. The texts are chosen for all mails at once (`insert`)."""
    now: datetime


def write(event: Event, about: About, to: Recipient, values: Mapping[str, object], now: datetime) -> None:
    """Inside a transaction. Costs two statements for all mails of it, just before the commit. What has been told to
    this recipient already is not told again."""
    transaction.gathered(_write).setdefault("mails", []).append(written(event, about, to, values, now))


def written(event: Event, about: About, to: Recipient, values: Mapping[str, object], now: datetime) -> Written:
    """In the language of its reader, or in English if there are no texts in it."""
    language = languages.best(to.language)
    with in_language(language):
        plain = {name: worded(value) for name, value in values.items()}
    return Written(event, about, replace(to, language=language.code), plain, now)


def insert(mails: Sequence[Written]) -> None:
    """Inside a transaction, at its end."""
    if not mails:
        return
    db.session.flush()  # what they are about may have no id yet
    connection = db.session.connection()
    texts = in_use.texts_of({(each.event.name, each.to.language) for each in mails}, mails[0].now)
    rows = [_row(each, texts[each.event.name, each.to.language]) for each in mails]
    connection.execute(_ADD[connection.dialect.name], rows)


def _write(gathered: dict[str, list[Written]]) -> None:
    insert(gathered["mails"])


def worded(value: object) -> str:
    """In the language of now, and without signs that steer."""
    if isinstance(value, Links):
        return "\n".join(f"{fields.plain(words)} {address}" for words, address in value.lines)
    return fields.plain(_worded(value))


def _worded(value: object) -> object:
    if isinstance(value, Amount):
        major = Decimal(money.major_units(value.amount, value.currency))
        return format_currency(major, value.currency, locale=locale_now())
    if isinstance(value, int):
        return format_decimal(value, locale=locale_now())
    if isinstance(value, Days):
        days = timedelta(days=value.number)
        return format_timedelta(days, "day", MOST_DAYS, add_direction=True, locale=locale_now())
    if isinstance(value, datetime):
        zone = settings().time_zone
        return f"{written_day(value.astimezone(zone).date())}, {format_time(value, 'HH:mm z', zone, locale_now())}"
    return written_day(value) if isinstance(value, date) else value


def _row(written: Written, texts: Texts) -> dict[str, object]:
    about, to = written.about, written.to
    secret = {"code": CODE_MARK, "one_time_link": f"{settings().mail.portal_url}/links/{CODE_MARK}"}
    return {
        "event": written.event.name,
        "cause": about.cause,
        "account_id": about.account_id,
        "asset_id": about.asset.id if about.asset else about.asset_id,
        "order_id": about.order and about.order.id,
        "invoice_id": about.invoice and about.invoice.id,
        "coupon_id": about.coupon and about.coupon.id,
        "user_id": about.link_of and about.link_of.id,
        "recipient": to.address,
        "recipient_key": email_address.canonical(to.address),
        "recipient_name": fields.plain(to.name)[:200],
        "language": to.language,
        "subject": fields.fill(texts.subject, written.values)[:LONGEST_SUBJECT],
        "text": fields.fill(texts.text, written.values | secret),
        "created_at": written.now,
        "next_at": written.now,
        "give_up_at": written.now + written.event.lives,
    }


def _insert(dialect: Callable) -> Insert:
    return dialect(Message.__table__).on_conflict_do_nothing(index_elements=["event", "cause", "recipient_key"])


_ADD = {"sqlite": _insert(sqlite.insert), "postgresql": _insert(postgresql.insert)}
