"""Accounts that a new one may be taken for: by the look of their codes, or by name and e-mail address."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Row, Select, select

from portal.core.i18n import gettext as _
from portal.core.lookalike import look
from portal.extensions import db
from portal.models import Account

_CHUNK = 5000
_COLUMNS = (
    Account.id, Account.code, Account.code_key, Account.name, Account.name_key, Account.bittitan_email,
    Account.billing_email, Account.contact_email,
)  # fmt: skip
ADDRESSES = ("bittitan_email", "billing_email", "contact_email")


def chunks(accounts: Select) -> Iterator[list[Row]]:
    """All of these accounts, a few thousand in memory at a time."""
    rows, last = accounts.with_only_columns(*_COLUMNS).order_by(None).order_by(Account.id).limit(_CHUNK), 0
    while found := list(db.session.execute(rows.where(Account.id > last))):
        yield found
        last = found[-1].id


def with_names(name_keys: Collection[str]) -> list[Row]:
    return list(db.session.execute(select(*_COLUMNS).where(Account.name_key.in_(name_keys)))) if name_keys else []


def has_look(row: Row, wanted: str) -> bool:
    return look(row.code) == wanted


def have_one_address(one: Iterable[str | None], other: Iterable[str | None]) -> bool:
    """Whether both have an e-mail address in common."""
    return bool({address.casefold() for address in one if address} & {text.casefold() for text in other if text})


def addresses(row: Any) -> list[str | None]:
    return [getattr(row, name, None) for name in ADDRESSES]


def of_code(other: Row) -> str:
    return _("Looks like %(code)s %(name)s, which is there already.", code=other.code, name=other.name)


def of_name(other: Row) -> str:
    return _(
        "Looks like %(code)s %(name)s, which is there already: the same name and e-mail address.",
        code=other.code, name=other.name,
    )  # fmt: skip
