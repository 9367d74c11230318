"""What became of a request about an asset, to the person who asked: answered, closed, or the code has come."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal.core import transaction
from portal.extensions import db, settings
from portal.models import Account, Asset, AssetRequest, Message, Product, User
from portal.services.mail import events, outbox
from portal.services.mail.events import Event
from portal.services.mail.outbox import About, Recipient, Written

_USER = aliased(Account)
_WELCOMES = (events.WELCOME.name, events.WELCOME_LINK.name)
_FOUND = (
    select(AssetRequest.id, User, Asset, _USER.name.label("user_name"), Product.name.label("product_name"))
    .join(User, User.id == AssetRequest.asked_by_id)
    .join(Asset, Asset.id == AssetRequest.asset_id)
    .join(_USER, _USER.id == Asset.account_id)
    .join(Product, Product.id == Asset.product_id)
    .where(AssetRequest.id.in_(bindparam("ids", expanding=True)))
    # Whoever does not see the asset any more is told nothing about it.
    .where(or_(User.account_id == Asset.account_id, User.account_id == Asset.branch_id))
    .options(joinedload(User.account, innerjoin=False))
)


def tell(request: AssetRequest, event: Event, now: datetime, **values: object) -> None:
    """Inside a transaction. Once for each request."""
    transaction.gathered(_write).setdefault("requests", []).append((request.id, event, values, now))


def _write(gathered: dict[str, list]) -> None:
    told = gathered["requests"]
    rows = {row.id: row for row in db.session.execute(_FOUND, {"ids": [request_id for request_id, *_ in told]})}
    outbox.insert([mail for each in told if each[0] in rows for mail in _mails(rows[each[0]], *each)])


def _mails(row: Row, request_id: int, event: Event, values: dict, now: datetime) -> Iterator[Written]:
    person, asset = row.User, row.Asset
    is_said = event is events.REQUEST_DELIVERED and _is_welcomed(person, asset, now)
    if is_said or not person.is_active:
        return
    values = values | {
        "person": person.name, "number": asset.number, "quantity": asset.quantity, "product": row.product_name,
        "account": row.user_name, "asset": asset.name,
        "link": f"{settings().mail.portal_url}/storefront/billing/assets/{asset.id}",
    }  # fmt: skip
    about = About(f"request-{request_id}", asset.account_id, asset=asset)
    yield outbox.written(event, about, Recipient(person.email, person.name, person.mail_language), values, now)


def _is_welcomed(person: User, asset: Asset, now: datetime) -> bool:
    """The welcome with the code, written in the same transaction before, says it already."""
    is_its = (Message.event.in_(_WELCOMES), Message.cause == f"asset-{asset.id}", Message.recipient == person.email)
    return db.session.scalar(select(Message.id).where(*is_its, Message.created_at == now)) is not None
