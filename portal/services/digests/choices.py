"""Who of the staff gets the digest. Without a choice: the contact address, and everybody who may synchronize assets."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core import audit
from portal.core.errors import NotAllowed
from portal.core.transaction import lock, once_more, transaction
from portal.extensions import db
from portal.models import Account, AccountKind, DigestChoice, MailStop, Right, StaffMails, Topic, User, email_address
from portal.services.mail.outbox import Recipient

CONTACT = DigestChoice.CONTACT


def distributor() -> Account | None:
    return db.session.scalar(select(Account).where(Account.kind == AccountKind.DISTRIBUTOR))


def staff(account: Account) -> list[User]:
    """Who can sign in."""
    can = (User.account_id == account.id, User.disabled_at.is_(None), User.password_hash.is_not(None))
    return list(db.session.scalars(select(User).where(*can).order_by(User.id).options(joinedload(User.account))))


def recipients(account: Account, people: list[User]) -> list[Recipient]:
    """Each address once, without those that stopped it."""
    chosen = {row.user_id: row.choice for row in db.session.scalars(select(DigestChoice))}
    found = {}
    if account.contact_email and chosen.get(CONTACT, StaffMails.ONCE_A_DAY) is StaffMails.ONCE_A_DAY:
        key = email_address.canonical(account.contact_email)
        found[key] = Recipient(account.contact_email, account.name, account.language)
    for person in people:
        if chosen.get(person.id, default(person)) is StaffMails.ONCE_A_DAY:
            found.setdefault(person.email_key, Recipient(person.email, person.name, person.mail_language))
    rows = select(MailStop.address_key).where(MailStop.topic == Topic.DIGEST, MailStop.address_key.in_(found))
    stopped = set(db.session.scalars(rows))
    return [to for key, to in found.items() if key not in stopped]


def default(person: User) -> StaffMails:
    return StaffMails.ONCE_A_DAY if person.may(Right.PROVISION) else StaffMails.NEVER


def of(person: User) -> StaffMails:
    row = db.session.get(DigestChoice, person.id, populate_existing=True)
    return row.choice if row else default(person)


def of_contact() -> StaffMails:
    row = db.session.get(DigestChoice, CONTACT, populate_existing=True)
    return row.choice if row else StaffMails.ONCE_A_DAY


def choose(person: User, choice: StaffMails) -> None:
    """For oneself. Raises NotAllowed."""
    if not person.is_staff:
        raise NotAllowed()
    once_more(lambda: _save(person.id, choice, ("user", person.id), of(person), person))


def choose_for_contact(choice: StaffMails, *, by: User) -> None:
    """Raises NotAllowed."""
    if not by.may(Right.CONFIGURE):
        raise NotAllowed()
    once_more(lambda: _save(CONTACT, choice, ("account", by.account_id), of_contact(), by))


def _save(user_id: int, choice: StaffMails, subject: tuple[str, int], before: StaffMails, by: User) -> None:
    with transaction():
        lock(Account, by.account_id)
        row = db.session.get(DigestChoice, user_id, populate_existing=True)
        if row is None:
            db.session.add(DigestChoice(user_id=user_id, choice=choice))
        else:
            row.choice = choice
        if before is not choice:
            audit.record(*subject, "change", by=by, field="failure mails", before=before, after=choice)
