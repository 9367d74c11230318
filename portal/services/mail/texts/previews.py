"""What a mail with a text would say: with an asset that the viewer sees, and with invented values for the rest. A code
or the token of a link is always masked; neither is even read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core import access, clock, languages
from portal.core.i18n import in_language, ngettext
from portal.extensions import db, settings
from portal.models import CODE_MARK, LINK_IS_GOOD, Asset, User
from portal.services.mail import fields, html_part, outbox
from portal.services.mail.events import Event
from portal.services.mail.fields import LONGEST_SUBJECT
from portal.services.mail.outbox import Amount, Days, Links
from portal.services.mail.texts.built_in import Texts, fields_of

MASK = "••••"
_MANY = ((17, "Mailboxes, Brightwood Dental, 25"), (18, "Bundles, Harbor Winery, 10"))


@dataclass(frozen=True)
class Values:
    by_name: Mapping[str, str]
    """Of each field of the event, in its language."""
    asset: Asset | None
    """None if all are invented."""


@dataclass(frozen=True)
class Preview:
    subject: str
    text: str
    html: str


def has_asset(event: Event) -> bool:
    return "asset" in fields_of(event)


def values_of(event: Event, language: str, viewer: User, asset_id: int | None = None) -> Values:
    """With the newest asset unless one is named; with none if there is none with that id. Up to one statement."""
    asset = _asset(viewer, asset_id) if has_asset(event) else None
    found = _invented(event, viewer) | (_of_asset(asset) if asset else {})
    with in_language(languages.best(language)):
        plain = {name: outbox.worded(found[name]) for name in fields_of(event)}
    return Values(plain, asset)


def preview(texts: Texts, language: str, values: Values) -> Preview:
    portal_url = settings().mail.portal_url
    filled = dict(values.by_name) | {"code": CODE_MARK, "one_time_link": f"{portal_url}/links/{CODE_MARK}"}
    subject = fields.fill(texts.subject, values.by_name)[:LONGEST_SUBJECT]
    text = fields.fill(texts.text, filled)
    html = html_part.make(subject, text, secret=MASK, language=language, portal_url=portal_url)
    return Preview(subject, text.replace(CODE_MARK, MASK), html)


def _asset(viewer: User, asset_id: int | None) -> Asset | None:
    visible = access.visible_asset_ids(viewer)
    newest = visible.order_by(Asset.id.desc()).limit(1)
    chosen = newest if asset_id is None else visible.where(Asset.id == asset_id)
    rows = select(Asset).where(Asset.id == chosen.scalar_subquery())
    return db.session.scalar(rows.options(joinedload(Asset.product), joinedload(Asset.account)))


def _of_asset(asset: Asset) -> dict[str, object]:
    found = {
        "number": asset.number, "quantity": asset.quantity, "product": asset.product.name, "asset": asset.name,
        "account": asset.account.name, "validity_days": asset.validity_days,
        "link": f"{settings().mail.portal_url}/storefront/billing/assets/{asset.id}",
    }  # fmt: skip
    return found | ({"redeem_by": asset.redeem_by} if asset.redeem_by else {})


def _invented(event: Event, viewer: User) -> dict[str, object]:
    today, portal_url = clock.today(), settings().mail.portal_url
    return {
        "number": "AS-17" if has_asset(event) else "INV-2026-000017",
        "quantity": 25, "product": "User Migration Bundle", "account": "Brightwood Dental", "asset": "Mailboxes",
        "buyer": "Brightwood Dental", "order": "ORD-17", "licences": 25, "total": Amount(624_000, "EUR"),
        "person": "Carl Weber", "name": "Carl Weber", "email": "carl@brightwood.example",
        "home": "Northlight IT", "words": "We need them today.", "seller": viewer.account.name,
        "device": "Firefox, Windows", "time": clock.now(),
        "reason": "Not needed any more.", "answer": "We look into it today.", "why": "you ordered it",
        "days": LINK_IS_GOOD.days, "validity_days": 365, "in_days": Days(7), "redeem_by": _in(today, 90),
        "day": _in(today, 7), "due_on": _in(today, 14), "code": MASK, "one_time_link": f"{portal_url}/links/{MASK}",
        "link": f"{portal_url}/storefront/billing/assets/17", "portal": portal_url,
        "codes": LazyString(lambda: ngettext("%(num)s code", "%(num)s codes", 2)),
        "purchases": LazyString(lambda: ngettext("%(num)s purchase", "%(num)s purchases", 2)),
        "assets": Links([(f"{name}:", f"{portal_url}/storefront/billing/assets/{number}") for number, name in _MANY]),
        **dict.fromkeys(("failed", "review", "asked", "orders", "expiring", "surplus", "alerts"), 2),
    }  # fmt: skip


def _in(day: date, days: int) -> date:
    return day + timedelta(days=days)
