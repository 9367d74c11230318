"""Failure: an asset has no code. The staff read what to do, who ordered reads that nothing is to be done.

Staff who did not choose otherwise read it in the digest, so that 400 failures are not 400 mails.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import aliased, joinedload

from portal.core import access, transaction
from portal.extensions import db, settings
from portal.models import Account, AccountKind, Asset, DigestChoice, Order, Product, StaffMails, User
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About, Recipient, Written

_USER, _DISTRIBUTOR = aliased(Account), aliased(Account)
_OWN, _CONTACT = aliased(DigestChoice), aliased(DigestChoice)
_FOUND = (
    select(
        Asset.id, User, _DISTRIBUTOR, _USER.name.label("user_name"), Product.name.label("product_name"),
        _OWN.choice.label("own"), _CONTACT.choice.label("contact"),
    )
    .join(_USER, _USER.id == Asset.account_id)
    .join(Product, Product.id == Asset.product_id)
    .join(_DISTRIBUTOR, _DISTRIBUTOR.kind == AccountKind.DISTRIBUTOR)
    .outerjoin(Order, Order.id == Asset.order_id)
    .outerjoin(User, User.id == Order.placed_by_id)
    .outerjoin(_OWN, _OWN.user_id == User.id)
    .outerjoin(_CONTACT, _CONTACT.user_id == DigestChoice.CONTACT)
    .where(Asset.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(User.account, innerjoin=False))
)  # fmt: skip


def tell(asset: Asset, now: datetime) -> None:
    """Inside a transaction. Who ordered is told once for each asset, the staff once for each attempt."""
    transaction.gathered(_write).setdefault("assets", []).append((asset, now))


def _write(gathered: dict[str, list]) -> None:
    assets = gathered["assets"]
    rows = {row.id: row for row in db.session.execute(_FOUND, {"ids": [asset.id for asset, _ in assets]})}
    outbox.insert([mail for asset, now in assets if asset.id in rows for mail in _mails(asset, rows[asset.id], now)])


def _mails(asset: Asset, row: Row, now: datetime) -> Iterator[Written]:
    """To the distributor’s contact, and to who ordered it; of the staff only if they want it at once."""
    _id, person, distributor, user_name, product_name, own, contact = row
    values = {
        "number": asset.number, "quantity": asset.quantity, "product": product_name, "account": user_name,
        "asset": asset.name,
    }  # fmt: skip
    about = About(f"asset-{asset.id}-{asset.attempts_made}", asset.account_id, asset=asset)
    address, area = settings().mail.portal_url, "bss" if person is None or person.is_staff else "storefront"
    link = {"link": f"{address}/bss/billing/assets/{asset.id}"}
    if distributor.contact_email and contact is StaffMails.AT_ONCE:
        to = Recipient(distributor.contact_email, distributor.name, distributor.language)
        yield outbox.written(events.FAILED, about, to, values | link, now)
    if person is None or not (person.is_active and access.sees_asset(person, asset)):
        return  # whoever does not see the asset any more is told nothing about it
    to = Recipient(person.email, person.name, person.mail_language)
    if person.is_staff:
        if own is StaffMails.AT_ONCE:
            yield outbox.written(events.FAILED, about, to, values | link, now)
        return
    once = About(f"asset-{asset.id}", asset.account_id, asset=asset)
    link = {"link": f"{address}/{area}/billing/assets/{asset.id}"}
    yield outbox.written(events.DELAYED, once, to, values | link, now)
