"""Accounts: create, change, move, disable, and look up at BitTitan. The tree is distributor > partner > customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import audit, clock, spelling
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, lock_in_order, transaction
from portal.extensions import db
from portal.models import Account, AccountKind, User
from portal.services import limits
from portal.services.accounts import (
    account_kinds,
    account_links,
    account_lookalikes,
    account_orders,
    account_rights,
    account_rules,
)
from portal.services.accounts.account_links import Answer
from portal.services.catalog import price_terms
from portal.services.reminders import choices
from portal.services.users import shown_links, sign_in


@dataclass(frozen=True)
class Saved:
    account: Account
    answer: Answer | None
    """BitTitan's answer, if it was asked."""
    is_changed: bool = True


def create(
    *,
    kind: AccountKind,
    parent_id: int | None,
    details: Mapping[str, Any],
    by: audit.Actor,
    look_up: bool = False,
    is_another: bool = False,
) -> Saved:
    """`details` has the fields of account_rules.FIELDS. Name and currency are required; a missing code is generated.
    `is_another`: a person has seen which account it looks like.

    Raises InvalidInput, NotVisible, NotAllowed, BudgetSpent, Unavailable (then nothing was created).
    """
    values = account_rules.checked(details)
    account_rights.check_fields([field for field, value in values.items() if value is not None], by)
    account_lookalikes.check(values, by, is_another=is_another)
    answer = _ask(values.get("bittitan_email"), by) if look_up else None
    with transaction("save account"):
        account = _create(kind, _parent(kind, parent_id, by), values, by)
        if answer:
            account_links.record(account, answer, by)
    return Saved(account, answer)


def create_customer(partner: Account, details: Mapping[str, Any], *, by: audit.Actor, is_another: bool) -> Account:
    """Inside a transaction that has locked the partner, for a customer that comes with an order: who may order for
    the partner may create it. Raises InvalidInput."""
    values = account_rules.checked({"currency": partner.currency, "language": partner.language, **details})
    account_lookalikes.check(values, by, is_another=is_another)
    return _create(AccountKind.CUSTOMER, partner, values, by)


def edit(
    account: Account,
    *,
    version: int,
    details: Mapping[str, Any],
    by: audit.Actor,
    parent_id: int | None = None,
    kind: AccountKind | None = None,
    look_up: bool = False,
    why: str | None = None,
) -> Saved:
    """Changes only the given fields. Without `parent_id` the account is not moved; without `kind` it keeps its type.
    `why`: the reason of a move, for the record.

    With `look_up`, BitTitan is asked for the new address first; if it does not answer, nothing is saved. Raises
    StaleVersion, InvalidInput, NotVisible, NotAllowed, Conflict, Unavailable.
    """
    values = account_rules.checked(details, account)
    account_rights.check_edit(account, by)
    account_rights.check_fields(values, by)
    account_kinds.check(account, kind, by)
    answer = _ask(values.get("bittitan_email", account.bittitan_email), by) if look_up else None
    with transaction("save account"):
        _lock_with_parent(account, parent_id)
        row = _locked(account, version)
        account_rights.check_edit(row, by)
        with db.session.no_autoflush:  # a second UPDATE would make PostgreSQL check and lock the parent again
            changed = _change(row, values, by)
            changed = _place(row, kind, parent_id, why, by) or changed
            if answer:
                _check_asked(row, answer)
                account_links.record(row, answer, by)
            row.version += changed
        _flush()
    return Saved(row, answer, changed)


def synchronize(account: Account, *, by: audit.Actor) -> Saved:
    """Looks up the account's address at BitTitan. Does not raise the version, as no edited field changes.

    Raises InvalidInput without an address, StaleVersion if it has changed meanwhile, Unavailable, NotVisible,
    NotAllowed.
    """
    account_rights.check_synchronize(account, by)
    answer = _ask(account.bittitan_email, by)
    with transaction():
        row = lock(Account, account.id)
        account_rights.check_synchronize(row, by)
        _check_asked(row, answer)
        account_links.record(row, answer, by)
    return Saved(row, answer)


def correct_link(account: Account, *, version: int, email: str, by: audit.Actor) -> Saved:
    """Saves the account's address at BitTitan if it differs, and looks it up in any case. Raises the same errors as
    `edit` and `synchronize`."""
    if version != account.version:
        raise StaleVersion(_("This account has changed since you loaded it. Look at it, then press again."))
    if spelling.is_same("bittitan_email", account.bittitan_email, email):
        return synchronize(account, by=by)
    return edit(account, version=version, details={"bittitan_email": email}, by=by, look_up=True)


def disable(account: Account, *, by: audit.Actor) -> None:
    """Signs its people out; they can no longer sign in, nor as somebody else with a link that was shown to them.
    Accounts below it are not affected."""
    with transaction():
        row = lock(Account, account.id)
        account_rights.check_edit(row, by)
        if row.is_distributor:
            raise Conflict(_("The distributor’s own account cannot be disabled."))
        if row.is_disabled:
            return
        audit.changes("account", row, {"disabled_at": clock.now()}, act="disabled", by=by)
        row.version += 1
        sign_in.end_sessions_of_account(row)
        shown_links.withdraw_shown_to(select(User.id).where(User.account_id == row.id))


def enable(account: Account, *, by: audit.Actor) -> None:
    with transaction():
        row = lock(Account, account.id)
        account_rights.check_edit(row, by)
        if audit.changes("account", row, {"disabled_at": None}, act="enabled", by=by):
            row.version += 1


def _create(kind: AccountKind, parent: Account | None, values: dict[str, Any], by: audit.Actor) -> Account:
    values["code"] = values.get("code") or account_rules.generated_code(kind)
    account = Account(kind=kind, parent_id=parent and parent.id, created_at=clock.now(), **values)
    db.session.add(account)
    _flush()
    account.branch_id = None if parent is None else parent.branch_id or account.id
    audit.record("account", account.id, "created", by=by, after=f"{account.code}, {account.name}")
    return account


def _ask(email: str | None, by: audit.Actor) -> Answer:
    """Counted, because many look-ups would reveal who is a customer of BitTitan. Raises BudgetSpent and the errors of
    `account_links.ask`."""
    if email:
        limits.check(limits.LOOKED_UP, by=by)
    return account_links.look_up_organization(email)


def _locked(account: Account, version: int) -> Account:
    row = lock(Account, account.id)
    if row.version != version:
        raise StaleVersion(_("Somebody else changed this account in the meantime. Your changes were not saved."))
    return row


def _lock_with_parent(account: Account, parent_id: int | None) -> None:
    """For a move: in the order in which orders and merges lock them. The distributor, above all, comes last."""
    if parent_id is not None and parent_id != account.parent_id:
        parent = db.session.get(Account, parent_id)
        if parent is not None and not parent.is_distributor:
            lock_in_order(Account, [account.id, parent_id])


def _parent(kind: AccountKind, parent_id: int | None, by: audit.Actor) -> Account | None:
    """Locked, so that it still exists and is enabled when the account below it is saved."""
    if kind is AccountKind.DISTRIBUTOR:
        if not isinstance(by, str):
            raise InvalidInput("kind", _("There is one distributor already."))
        return None
    if parent_id is None:
        raise InvalidInput("parent", _("Choose the account that this one belongs to."))
    try:
        parent = lock(Account, parent_id)
        account_rights.check_create_under(parent, by)
    except NotVisible as unknown:
        raise InvalidInput("parent", _("Choose the account that this one belongs to.")) from unknown
    return _fitting(kind, parent)


def _fitting(kind: AccountKind, parent: Account) -> Account:
    if kind is AccountKind.PARTNER and not parent.is_distributor:
        raise InvalidInput("parent", _("A partner belongs directly to the distributor."))
    if parent.kind is AccountKind.CUSTOMER:
        raise InvalidInput("parent", _("A customer belongs to a partner, or directly to the distributor."))
    if parent.is_disabled:
        raise InvalidInput("parent", _("%(name)s is disabled. Enable it first, or choose another.", name=parent.name))
    return parent


def _change(row: Account, values: dict[str, Any], by: audit.Actor) -> bool:
    email = row.bittitan_email
    if "code" in values and values["code"] is None:
        raise InvalidInput("code", _("Enter a code."))
    is_other_currency = values.get("currency", row.currency) != row.currency
    if is_other_currency and row.credit_limit is not None and "credit_limit" not in values:
        raise InvalidInput("currency", _("The credit limit is in this currency: ask the distributor to change both."))
    if is_other_currency:
        account_orders.check_currency(row)
        if row.approves_up_to is not None:  # an amount in the old currency: the partner is asked about each order
            values = {"approves_up_to": None} | values
    changed = audit.changes("account", row, values, act="edited", by=by)
    if not spelling.is_same("bittitan_email", email, row.bittitan_email):
        account_links.drop(row, by, why=_("The e-mail address at BitTitan changed"))
    return bool(changed)


def _place(
    row: Account, kind: AccountKind | None, parent_id: int | None, why: str | None, by: audit.Actor
) -> bool:  # fmt: skip
    account_kinds.check(row, kind, by)
    is_other = bool(kind) and bool(audit.changes("account", row, {"kind": kind}, act="edited", by=by))
    if _move(row, parent_id, why, by):
        return True
    if is_other:
        _fitting(row.kind, db.session.get(Account, row.parent_id))
    return is_other


def _move(row: Account, parent_id: int | None, why: str | None, by: audit.Actor) -> bool:
    """Visibility follows at once, also for its assets (by a cascading foreign key). Attempts and invoices keep what
    they have."""
    if parent_id is None or parent_id == row.parent_id or row.is_distributor:
        return False
    parent = _parent(row.kind, parent_id, by)
    account_orders.check_move(row)
    before = db.session.get(Account, row.parent_id)
    _take_from_partner(row, before, why, by)
    row.parent_id, row.branch_id = parent.id, parent.branch_id or row.id
    price_terms.remove_of_account(row, by)
    audit.record("account", row.id, "moved", by=by, field="parent", before=before.code, after=parent.code, why=why)
    return True


def _take_from_partner(row: Account, seller: Account, why: str | None, by: audit.Actor) -> None:
    """What would let people of the old partner go on reading about the account."""
    if seller.kind is AccountKind.PARTNER:
        choices.forget_those_of_partner(row, by=by, why=why)
        shown_links.withdraw_of(row)


def _check_asked(row: Account, answer: Answer) -> None:
    if not spelling.is_same("bittitan_email", row.bittitan_email, answer.email):
        raise StaleVersion(_("Its e-mail address at BitTitan changed in the meantime, so the answer was not recorded."))


def _flush() -> None:
    """The unique indexes decide, even if two people save at the same moment."""
    try:
        db.session.flush()
    except IntegrityError as clash:
        reason = str(clash.orig)
        if "code_key" in reason:
            raise InvalidInput("code", _("This code is taken. Choose another one.")) from clash
        if "one_distributor" in reason or "accounts.kind" in reason:
            raise InvalidInput("kind", _("There is one distributor already.")) from clash
        raise
