"""What the people of an account get. An account inherits from the distributor what it has not chosen itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import or_, select

from portal.core import access, audit, clock
from portal.core.errors import NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, AccountKind, ReminderKind, ReminderPreference, Right, User
from portal.services.reminders import choices, steps

DEFAULT = {ReminderKind.DUE: (30, 14, 7, 1), ReminderKind.ENDS: (30, 7)}


@dataclass(frozen=True)
class Wanted:
    is_on: bool
    steps: Mapping[ReminderKind, tuple[int, ...]]

    def over(self, row: ReminderPreference | None) -> Self:
        """With what this row says otherwise."""
        if row is None:
            return self
        own = {ReminderKind.DUE: row.due_steps, ReminderKind.ENDS: row.ends_steps}
        read = {kind: self.steps[kind] if text is None else steps.read(text) for kind, text in own.items()}
        return type(self)(self.is_on if row.is_on is None else row.is_on, read)


WITHOUT_ANY = Wanted(True, DEFAULT)


def inherited() -> Wanted:
    """What the distributor chose."""
    return of_accounts([])[0]


def of_accounts(account_ids: Collection[int]) -> dict[int, Wanted]:
    """One statement. Under 0: what all inherit."""
    query = select(ReminderPreference, Account.kind).join(Account, Account.id == ReminderPreference.account_id)
    is_one = or_(ReminderPreference.account_id.in_(account_ids), Account.kind == AccountKind.DISTRIBUTOR)
    found = db.session.execute(query.where(is_one), execution_options={"populate_existing": True}).all()
    base = WITHOUT_ANY
    for row, kind in found:
        base = base.over(row) if kind is AccountKind.DISTRIBUTOR else base
    rows = {row.account_id: row for row, _kind in found}
    return {0: base} | {account_id: base.over(rows.get(account_id)) for account_id in account_ids}


def all_steps() -> dict[ReminderKind, set[int]]:
    """That anybody gets."""
    columns = {ReminderKind.DUE: ReminderPreference.due_steps, ReminderKind.ENDS: ReminderPreference.ends_steps}
    found = {}
    for kind, column in columns.items():
        texts = db.session.scalars(select(column).where(column.is_not(None)).distinct())
        found[kind] = set(DEFAULT[kind]).union(*map(steps.read, texts))
    return found


def of(account: Account) -> ReminderPreference | None:
    """What it chose itself."""
    return db.session.get(ReminderPreference, account.id, populate_existing=True)


def version_of(row: ReminderPreference | None) -> int:
    """Of an account that chose nothing, too."""
    return row.version if row else 1


def save(account: Account, *, version: int, by: User, **values: object) -> None:
    """`values`: is_on, due_steps, ends_steps; None: inherited. Raises NotAllowed, StaleVersion, and NotVisible if the
    account has moved meanwhile."""
    if not (by.may(Right.CONFIGURE) if account.is_distributor else choices.may_choose(by, account)):
        raise NotAllowed()
    with transaction():
        lock(Account, account.id)
        access.visible_account(by, account.id)
        row = of(account)
        if version != version_of(row):
            raise StaleVersion(_("Somebody else changed it in the meantime. Look at it, then save again."))
        if row is None:
            row = ReminderPreference(account_id=account.id, version=version)
            db.session.add(row)
        row.version += 1
        for field, value in values.items():
            before = getattr(row, field)
            if before != value:
                setattr(row, field, value)
                told = {"field": f"reminders {field}", "before": choices.told(before), "after": choices.told(value)}
                audit.record("account", account.id, "change", by=by, at=clock.now(), **told)
