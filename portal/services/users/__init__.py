"""People: who may create, change and disable whom. A new person gets a one-time link, never a password."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from portal.core import access, audit, clock, field_rules, security_log, spelling, tokens
from portal.core.errors import (
    BudgetSpent,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotVisible,
    StaleVersion,
)
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import LINK_IS_GOOD, Account, CalendarFeed, Event, Result, Right, Role, User, email_address
from portal.services import limits
from portal.services.mail.telling import sign_ins
from portal.services.users import passwords, shown_links, sign_in

LONGEST_NAME = 120


def create(
    *, account: Account, email: str, name: str, role: Role, by: audit.Actor, password: str | None = None
) -> tuple[User, str | None]:
    """Returns the person and the token of the one-time link. The token is None if a password was given, as commands may
    do.

    Raises NotAllowed, NotVisible, Conflict, InvalidInput.
    """
    email, name = _email(email), _name(name)
    chosen = None
    if password is not None:
        chosen = passwords.chosen(password, email, name, *passwords.texts_of_account(account))
    with _limited(by), _trying_an_address(email, by), transaction():
        home = lock(Account, account.id)
        _may_manage(home, by)
        if home.is_disabled:
            raise Conflict(_("%(name)s is disabled. Enable the account first.", name=home.name))
        user = User(account_id=home.id, email=email, name=name, role=role, password_hash=chosen, created_at=clock.now())
        user.account = home
        db.session.add(user)
        _flush()
        audit.record("user", user.id, shown_links.CREATED, by=by, after=f"{email}, {role.value}")
        return user, _new_link(user, by) if chosen is None else None


def edit(user: User, *, version: int, email: str, name: str, role: Role, by: audit.Actor) -> bool:
    """Returns True if something changed. A new e-mail address ends the open link, the link of the calendar and all
    sessions; these two not where people change their own. Raises StaleVersion, NotAllowed, NotVisible, Conflict,
    InvalidInput."""
    values = {"email": _email(email), "name": name if name == user.name else _name(name), "role": role}
    with _limited(None if _is_own(user, email) else by), _trying_an_address(email, by), transaction():
        row = _locked(user, by)
        if row.version != version:
            raise StaleVersion(_("Somebody else changed this person in the meantime. Your changes were not saved."))
        if role is not row.role:
            _may_lose_role(row, by)
            shown_links.withdraw_shown_to([row.id])
        if not _is_own(row, email):
            _let_out(row, by)
        with db.session.no_autoflush:  # so that an address in use raises in _flush
            changed = audit.changes("user", row, values, act="edited", by=by)
        row.version += bool(changed)
        _flush()
        return bool(changed)


def disable(user: User, *, by: audit.Actor) -> None:
    """Ends all sessions and the one-time link at once, and links of others that were shown to this person."""
    with transaction():
        row = _locked(user, by)
        if row.disabled_at is not None:
            return
        if isinstance(by, User) and by.id == row.id:
            raise Conflict(_("You cannot disable yourself. Ask another administrator."))
        _keep_an_admin(row)
        audit.changes("user", row, {"disabled_at": clock.now()}, act="disabled", by=by)
        row.withdraw_links()
        shown_links.withdraw_shown_to([row.id])
        row.version += 1
        sign_in.end_sessions(row)


def enable(user: User, *, by: audit.Actor) -> None:
    with transaction():
        row = _locked(user, by)
        if audit.changes("user", row, {"disabled_at": None}, act="enabled", by=by):
            row.version += 1


def renew_link(user: User, *, by: audit.Actor) -> str:
    """Returns the token of a new one-time link. The previous link no longer works; a password still does."""
    with transaction():
        row = _locked(user, by)
        if not row.is_active:
            raise Conflict(_("%(name)s is disabled. Enable this person first.", name=row.name))
        audit.record("user", row.id, shown_links.RENEWED, by=by)
        return _new_link(row, by)


def manageable(account: Account, by: User) -> bool:
    """Whether this person may create, change and disable the people of that account."""
    try:
        _may_manage(account, by)
    except (NotAllowed, NotVisible):
        return False
    return True


def _let_out(user: User, by: audit.Actor) -> None:
    """The address may be somebody else's now. Who changes their own keeps the session, and the link of the calendar."""
    user.withdraw_links()
    is_own = isinstance(by, User) and by.id == user.id
    sign_in.end_sessions(user, but=user.session_token if is_own else None)
    if not is_own:
        shown_links.withdraw_shown_to([user.id])
        db.session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == user.id))


def _locked(user: User, by: audit.Actor) -> User:
    """Locks the account first: if two administrators disable each other at once, the second is refused."""
    home = lock(Account, user.account_id)
    row = lock(User, user.id)
    _may_manage(home, by)
    return row


def _may_manage(account: Account, by: audit.Actor) -> None:
    if not isinstance(by, User):
        return
    if not by.may(Right.EDIT_USERS):
        raise NotAllowed(_("Only administrators may change people."))
    own = by.account
    if not own.is_distributor and own.id not in (account.id, account.branch_id):
        raise NotVisible()


def _may_lose_role(user: User, by: audit.Actor) -> None:
    if user.role is not Role.ADMIN:
        return
    if isinstance(by, User) and by.id == user.id:
        raise InvalidInput("role", _("You cannot take your own rights away. Ask another administrator."))
    _keep_an_admin(user)


def _keep_an_admin(user: User) -> None:
    if not user.account.is_distributor or user.role is not Role.ADMIN or not user.is_active:
        return
    others = select(func.count()).where(
        User.account_id == user.account_id, User.role == Role.ADMIN, User.disabled_at.is_(None), User.id != user.id
    )
    if not db.session.scalar(others):
        raise Conflict(_("This is the last administrator. Make somebody else one first."))


def _new_link(user: User, by: audit.Actor) -> str:
    """To be shown, and another one in a mail."""
    now = clock.now()
    user.withdraw_links()
    token, user.link_hash = tokens.make()
    user.link_expires_at = now + LINK_IS_GOOD
    security_log.note(Event.LINK_MADE, by=by, subject=("user", user.id))
    sign_ins.link(user, now)
    return token


def _is_own(user: User, email: str) -> bool:
    return spelling.is_same("email", user.email, email)


def _email(text: str) -> str:
    email = email_address.readable(text)
    if not email_address.is_address(email):
        raise InvalidInput("email", _("Enter an e-mail address, such as name@company.example."))
    return email


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput("name", _("Enter a name of at most %(most)s characters.", most=LONGEST_NAME))
    return field_rules.name(name, "name", LONGEST_NAME)


class _Taken(InvalidInput):
    pass


@contextmanager
def _trying_an_address(email: str, by: audit.Actor) -> Iterator[None]:
    """If somebody has it whom `by` sees, says who. Raises InvalidInput."""
    try:
        yield
    except _Taken as taken:
        owner = _owner_of(email, by) if isinstance(by, User) else None
        if owner is None:
            raise
        words = {"name": owner.name, "account": owner.account.name}
        raise InvalidInput("email", _("%(name)s of %(account)s has this address already.", **words)) from taken


def _owner_of(email: str, by: User) -> User | None:
    return db.session.scalar(access.visible_users(by).where(User.email_key == email_address.canonical(email)))


@contextmanager
def _limited(by: audit.Actor | None) -> Iterator[None]:
    """Limits the refusals: to anybody but the distributor's staff, a refused address reveals that a stranger uses
    it."""
    if not isinstance(by, User) or by.is_staff:
        yield
        return
    was_refused = False
    try:
        limits.check(limits.TAKEN, by=by)
    except BudgetSpent as spent:
        security_log.note(Event.LIMIT, Result.THROTTLED, by=by, detail="addresses")
        raise InvalidInput("email", spent.message) from spent
    try:
        yield
    except _Taken:
        was_refused = True
        raise
    finally:
        if not was_refused:
            limits.give_back(limits.TAKEN, by=by)


def _flush() -> None:
    """One address, one person. The error says no more, as the other person may belong to another account."""
    try:
        db.session.flush()
    except IntegrityError as clash:
        raise _Taken("email", _("This address cannot be used here. Enter another one.")) from clash
