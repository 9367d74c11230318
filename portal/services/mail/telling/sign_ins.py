"""A person is invited, may choose a new password, has one, or signed in with a new browser.

These are of the moment: without a mail server none is written.
"""

from datetime import datetime

from portal.extensions import db, settings
from portal.models import LINK_IS_GOOD, Account, User
from portal.services.mail import events, outbox
from portal.services.mail.events import Event
from portal.services.mail.outbox import About, Recipient


def link(user: User, now: datetime) -> bool:
    """Inside a transaction. A link to choose a password: the first one, or a new one. Returns whether it is written."""
    event = events.INVITATION if user.password_hash is None else events.PASSWORD_RESET
    return _tell(event, user, now, link_of=user, days=LINK_IS_GOOD.days, email=user.email)


def password_changed(user: User, now: datetime) -> None:
    """Inside a transaction."""
    _tell(events.PASSWORD_CHANGED, user, now, time=now)


def new_device(user: User, device: object, now: datetime) -> None:
    """Inside a transaction. `device`: in words, such as “Firefox on Windows”."""
    _tell(events.NEW_DEVICE, user, now, time=now, device=device)


def _tell(event: Event, user: User, now: datetime, *, link_of: User | None = None, **values: object) -> bool:
    if settings().mail.server is None:
        return False
    db.session.flush()  # a new person has no id yet
    account = user.account
    seller = account if account.parent_id is None else db.session.get(Account, account.parent_id)
    about = About(f"user-{user.id} {now.isoformat()}", account.id, link_of=link_of)
    values |= {"name": user.name, "account": account.name, "seller": seller.name}
    outbox.write(event, about, Recipient(user.email, user.name, user.mail_language), values, now)
    return True
