"""Welcome: the first code of an asset goes to who ordered it, with how it is redeemed."""

from datetime import datetime

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import aliased, joinedload

from portal.core import transaction
from portal.extensions import db, settings
from portal.models import Account, Asset, Coupon, Order, Product, User
from portal.services.mail import events, outbox, secret_parts
from portal.services.mail.outbox import About, Recipient, Written

_BUYER, _PAYER, _USER = aliased(Account), aliased(Account), aliased(Account)
_FOUND = (
    select(Asset.id, User, _BUYER, _PAYER, _USER.name.label("user_name"), Product.name.label("product_name"))
    .join(Order, Order.id == Asset.order_id)
    .join(_BUYER, _BUYER.id == Order.account_id)
    .join(_PAYER, _PAYER.id == Order.billed_account_id)
    .join(_USER, _USER.id == Asset.account_id)
    .join(Product, Product.id == Asset.product_id)
    .outerjoin(User, User.id == Order.placed_by_id)
    .where(Asset.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(User.account, innerjoin=False))
)


def tell(asset: Asset, coupon: Coupon, now: datetime) -> None:
    """Inside a transaction. Once for each asset; never of one that was imported, nor of one without an order. One
    statement for all codes of the transaction, and one for their mails."""
    if not asset.is_imported and asset.order_id is not None:
        transaction.gathered(_write).setdefault("codes", []).append((asset, coupon, now))


def _write(gathered: dict[str, list]) -> None:
    codes = gathered["codes"]
    rows = {row.id: row for row in db.session.execute(_FOUND, {"ids": [asset.id for asset, *_ in codes]})}
    mails = [_mail(asset, coupon, rows[asset.id], now) for asset, coupon, now in codes if asset.id in rows]
    outbox.insert([each for each in mails if each is not None])


def _mail(asset: Asset, coupon: Coupon, row: Row, now: datetime) -> Written | None:
    to, mail = _recipient(row, asset), settings().mail
    if to is None:
        return None
    event = events.WELCOME if mail.sends_codes else events.WELCOME_LINK
    about = About(
        f"asset-{asset.id}", asset.account_id, asset=asset, coupon=coupon if event.is_secret else None
    )  # fmt: skip
    values = {
        "quantity": asset.quantity, "product": row.product_name, "account": row.user_name, "asset": asset.name,
        "redeem_by": asset.redeem_by, "validity_days": asset.validity_days,
        "link": f"{mail.portal_url}/storefront/billing/assets/{asset.id}",
    }  # fmt: skip
    return outbox.written(event, about, to, values, now)


def _recipient(row: Row, asset: Asset) -> Recipient | None:
    """Who ordered it, if that person may see its code; otherwise, and for what staff ordered, the contact of the buyer
    or of the payer, if the asset is still theirs: the account may have moved since. None if nobody’s address is
    known."""
    person, *accounts = row[1:4]
    if person is not None and not person.is_staff and secret_parts.may_see_code(person, asset):
        return Recipient(person.email, person.name, person.mail_language)
    for account in accounts:
        if account.contact_email and not account.is_distributor and account.id in (asset.account_id, asset.branch_id):
            return Recipient(account.contact_email, account.name, account.language)
    return None
