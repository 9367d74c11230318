"""Accounts that a new one may be taken for: by the look of their codes, or by name and e-mail address."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Row, Select, select

from portal.core import access
from portal.core.audit import Actor
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.lookalike import look
from portal.extensions import db
from portal.models import Account, email_address
from portal.models.text_keys import fold, search_key

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


def with_names(name_keys: Collection[str], among: Select | None = None) -> list[Row]:
    rows = (select(Account) if among is None else among).with_only_columns(*_COLUMNS)
    return list(db.session.execute(rows.where(Account.name_key.in_(name_keys)))) if name_keys else []


def check(values: Mapping[str, Any], by: Actor, *, is_another: bool) -> None:
    """Before an account is made by hand, unless a person has seen the remark and says that it is another one. Compares
    with accounts that the person sees, only. Raises InvalidInput."""
    among = select(Account) if isinstance(by, str) else access.visible_accounts(by)
    remark = None if is_another else _remark(values, among)
    if remark is not None:
        raise InvalidInput("is_another", remark)


def _remark(values: Mapping[str, Any], among: Select) -> str | None:
    own = [values.get(name) for name in ADDRESSES]
    for other in with_names({search_key(values["name"])}, among):
        if have_one_address(own, addresses(other)):
            return of_name(other)
    code = values.get("code")
    if not code:
        return None
    wanted, key = look(code), fold(code)
    same = (row for rows in chunks(among) for row in rows if look(row.code) == wanted and row.code_key != key)
    other = next(same, None) if wanted else None
    return of_code(other) if other is not None else None


def have_one_address(one: Iterable[str | None], other: Iterable[str | None]) -> bool:
    """Whether both have an e-mail address in common."""
    return not _canonical(one).isdisjoint(_canonical(other))


def _canonical(texts: Iterable[str | None]) -> set[str]:
    return {email_address.canonical(text) for text in texts if text}


def addresses(row: Any) -> list[str | None]:
    return [getattr(row, name, None) for name in ADDRESSES]


def of_code(other: Row) -> str:
    return _("Looks like %(code)s %(name)s, which is there already.", code=other.code, name=other.name)


def of_name(other: Row) -> str:
    return _(
        "Looks like %(code)s %(name)s, which is there already: the same name and e-mail address.",
        code=other.code, name=other.name,
    )  # fmt: skip
