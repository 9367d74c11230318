"""Somebody asked about an asset: those of the staff who want it at once are told. The others read it in the digest."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.core.i18n import lazy
from portal.extensions import db, settings
from portal.models import (
    Account,
    AccountKind,
    Asset,
    AssetRequest,
    DigestChoice,
    Product,
    Right,
    StaffMails,
    User,
    email_address,
)
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About, Recipient


def tell(request: AssetRequest, asset: Asset, by: User) -> None:
    """Inside a transaction. Once for each request, however many words are added to it."""
    recipients = {email_address.canonical(to.address): to for to in _recipients()}
    if not recipients:
        return
    db.session.flush()  # the request may have no id yet
    values = {
        "person": by.name, "home": db.session.get(Account, by.account_id).name, "number": asset.number,
        "quantity": asset.quantity, "product": db.session.get(Product, asset.product_id).name,
        "account": db.session.get(Account, asset.account_id).name, "words": request.words or lazy("(none)"),
        "link": f"{settings().mail.portal_url}/bss/queue/requests/{request.id}",
    }  # fmt: skip
    about = About(f"request-{request.id}", asset.account_id, asset=asset)
    for to in recipients.values():
        outbox.write(events.REQUEST_ASKED, about, to, values, request.asked_at)


def _recipients() -> Iterator[Recipient]:
    """The contact address, and each person who may answer."""
    is_one = or_(User.id.is_not(None), DigestChoice.user_id == DigestChoice.CONTACT)
    rows = (
        select(Account, User)
        .select_from(Account)
        .join(DigestChoice, DigestChoice.choice == StaffMails.AT_ONCE)
        .outerjoin(User, (User.id == DigestChoice.user_id) & (User.account_id == Account.id))
        .where(Account.kind == AccountKind.DISTRIBUTOR, is_one)
        .options(joinedload(User.account, innerjoin=False))
    )
    for distributor, person in db.session.execute(rows.order_by(DigestChoice.user_id)):
        if person is None and distributor.contact_email:
            yield Recipient(distributor.contact_email, distributor.name, distributor.language)
        elif person is not None and person.is_active and person.may(Right.PROVISION):
            yield Recipient(person.email, person.name, person.mail_language)
