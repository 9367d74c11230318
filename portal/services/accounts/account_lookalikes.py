"""Accounts that a new one may be taken for: by the look of their codes, by name, e-mail address or VAT number."""

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
    Account.billing_email, Account.contact_email, Account.vat_number,
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
    """The accounts are read once; what is most certain is told."""
    own = [values.get(name) for name in ADDRESSES]
    name, vat = search_key(values["name"]), plain_vat(values.get("vat_number"))
    code = values.get("code") or ""
    wanted, key = look(code), fold(code)
    found: dict[int, str] = {}
    for other in (row for rows in chunks(among) for row in rows):
        is_named, has_address = other.name_key == name, have_one_address(own, addresses(other))
        if is_named and has_address:
            return of_name(other)
        if vat and plain_vat(other.vat_number) == vat:
            found.setdefault(1, _of(other, _("the same VAT number")))
        elif has_address:
            found.setdefault(2, _of(other, _("the same e-mail address")))
        elif is_named:
            found.setdefault(3, _of(other, _("the same name")))
        elif wanted and look(other.code) == wanted and other.code_key != key:
            found.setdefault(4, of_code(other))
    return found[min(found)] if found else None


def plain_vat(text: str | None) -> str:
    """Without the spaces, dots and dashes that people write between its parts."""
    return "".join(mark for mark in (text or "").upper() if mark.isalnum())


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
    return _of(other, _("the same name and e-mail address"))


def _of(other: Row, what: str) -> str:
    return _(
        "Looks like %(code)s %(name)s, which is there already: %(what)s.", code=other.code, name=other.name, what=what
    )
