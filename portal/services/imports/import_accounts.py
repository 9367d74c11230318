"""Account records: what each cell may hold, and how the accounts fit into the tree.

Children may come before their parents. The file's distributor is the portal's own, whatever its code.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.core import access, money, spelling
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.lookalike import look
from portal.extensions import db
from portal.models import Account, AccountKind, Import, RowResult, StagedAccount, TaxCode
from portal.models.text_keys import collation_key, fold, search_key
from portal.services.accounts import account_list, account_lookalikes
from portal.services.imports import import_values
from portal.services.imports.import_columns import (
    Cells,
    Column,
    Duplicates,
    Fault,
    Validation,
    duplicate_sentence,
    in_order,
    unless_recorded,
)
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading.refusals import BadCell, shown

COLUMNS = (
    Column("code", "Code"),
    Column("name", "Name"),
    Column("kind", "Type"),
    Column("parent_code", "Parent Code"),
    Column("bittitan_email", "BitTitan E-mail", is_required=False),
    Column("billing_email", "Billing E-mail", is_required=False),
    Column("country", "Country", is_required=False),
    Column("currency", "Currency"),
    Column("vat_number", "VAT Number", is_required=False),
    Column("contact_email", "Contact E-mail", is_required=False),
    Column("address", "Address", is_required=False),
    Column("postcode", "Postcode", is_required=False),
    Column("city", "City", is_required=False),
    Column("tax_code", "Tax Code", is_required=False),
    Column("language", "Language", is_required=False),
    Column("credit_limit", "Credit Limit", is_required=False),
    Column("print_name", "Print Name", is_required=False),
    Column("buyer_reference", "Buyer Reference", is_required=False),
    Column("electronic_address", "Electronic Address", is_required=False),
    Column("invoice_rhythm", "Invoice Rhythm", is_required=False),
    Column("invoice_delivery", "Invoice Delivery", is_required=False),
)
TITLES = {column.field: column.title for column in COLUMNS}
LONGEST_TAX_CODE = 40
EMPTY = lazy("It is empty. Write the account’s code.")
TABLE = StagedAccount.__table__
NOTHING = {column.name: None for column in TABLE.columns if column.name not in ("import_id", "line", "raw")}
_PLAIN = (
    "bittitan_email", "billing_email", "postcode", "city", "country", "currency", "vat_number", "contact_email",
    "language", "print_name", "buyer_reference", "electronic_address", "invoice_rhythm", "invoice_delivery",
)  # fmt: skip
DETAILS = (*_PLAIN, "address", "credit_limit")
_BY_DEFAULT = ("language", "invoice_rhythm", "invoice_delivery")
"""What is left out is that of every new account."""
_KINDS = {kind.value: kind for kind in AccountKind}


def staged(cells: Cells) -> dict[str, Any]:
    """The columns of a StagedAccount. For the distributor, only code and place in the tree are read."""
    values = dict(NOTHING)
    if not cells.check_form():
        return values
    values["code"] = cells.read("code", import_values.code_of_account, EMPTY)
    values["key"] = fold(values["code"]) if values["code"] else None
    values["look"] = (look(values["code"]) or None) if values["code"] else None
    values["kind"] = cells.read("kind", _kind)
    values["parent_code"] = cells.read("parent_code", import_values.text, 1000)
    if values["kind"] is AccountKind.DISTRIBUTOR:
        if values["parent_code"]:
            cells.refuse("parent_code", _("The distributor has no account above it. Leave it empty."))
        return values
    if values["parent_code"] == "":
        cells.refuse("parent_code", _("It is empty. Write the code of the account that this one belongs to."))
    values["name"] = cells.read("name", partial(import_values.of_account, "name"))
    if values["name"]:
        values |= {"name_key": search_key(values["name"]), "name_sort": collation_key(values["name"])}
    for field in _PLAIN:
        values[field] = cells.read(field, _detail, field)
    values["tax_code"] = cells.read("tax_code", _tax_code)
    values["address"] = cells.read("address", _detail, "address", keeps_lines=True)
    values["credit_limit"] = cells.read("credit_limit", import_values.amount, values["currency"], cells.reading.numbers)
    return values


def _kind(value: str) -> AccountKind:
    kind = _KINDS.get(value.casefold())
    if kind is None:
        raise BadCell(_("“%(text)s” is not known. Write distributor, partner or customer.", text=shown(value)))
    return kind


def _detail(value: str, field: str) -> str | None:
    return None if field in _BY_DEFAULT and not value else import_values.of_account(field, value)


def _tax_code(value: str) -> str | None:
    """Any text: what is no tax code of the portal is kept for a person to decide."""
    return import_values.number("tax_code", value, LONGEST_TAX_CODE) or None


class Validator:
    """Compares records with the portal, some hundreds at a time; partners before their customers."""

    def __init__(self, file: Import):
        self._file = file
        own = db.session.execute(
            select(Account.id, Account.code_key).where(Account.kind == AccountKind.DISTRIBUTOR)
        ).first()
        if own is None:
            raise Unreadable(
                _("The portal has no distributor yet. Make it first: flask accounts create --kind distributor …")
            )
        self._own = own
        is_theirs = (TABLE.c.import_id == file.id, TABLE.c.kind == AccountKind.DISTRIBUTOR, TABLE.c.key.is_not(None))
        self._alike = _alike_in_portal(file)
        self._theirs = set(db.session.scalars(select(TABLE.c.key).where(*is_theirs).distinct().limit(3)))

    def passes(self) -> tuple:
        """Conditions that select the rows to validate, in order: a customer's result depends on its parent's."""
        is_customer = TABLE.c.kind == AccountKind.CUSTOMER
        return (TABLE.c.kind.is_(None) | ~is_customer, is_customer)

    def validate(self, rows: Sequence[Row], duplicates: Duplicates) -> list[Validation]:
        parents = {fold(row.parent_code) for row in rows if row.parent_code}
        self._existing = _existing({row.key for row in rows if row.key} | parents)
        self._in_file = self._staged(parents)
        self._named = account_lookalikes.with_names({row.name_key for row in rows if row.name_key})
        return [self._one(row, duplicates) for row in rows]

    def _staged(self, keys: set[str]) -> dict[str, Row]:
        """Parents in the file itself. If several have the same code, the first; it is faulty like the others."""
        columns = select(TABLE.c.key, TABLE.c.kind, TABLE.c.verdict, TABLE.c.line)
        rows = columns.where(TABLE.c.import_id == self._file.id, TABLE.c.key.in_(keys)).order_by(TABLE.c.line.desc())
        return {row.key: row for row in db.session.execute(rows)}

    def _one(self, row: Row, duplicates: Duplicates) -> Validation:
        known = self._existing.get(row.key)
        faults = unless_recorded(row, list(_recorded(row, known)))
        if duplicate := duplicates["key"].get(row.key):
            faults.append((TITLES["code"], duplicate_sentence(duplicate)))
        if row.kind is AccountKind.DISTRIBUTOR:
            faults += self._own_faults(known)
            return Validation(RowResult.FAULTY if faults else RowResult.SAME, faults, {"parent_key": None})
        parent_key = self._parent_key(row)
        if row.parent_code and row.kind and (known is None or parent_key is None):
            faults += self._parent_faults(row, parent_key)
        columns = {"parent_key": parent_key}
        if faults:
            return Validation(RowResult.FAULTY, in_order(faults, TITLES), columns)
        if known is None:
            return self._new(row, parent_key, duplicates, columns)
        differences = list(self._differences(row, parent_key, known))
        return Validation(RowResult.DIFFERS if differences else RowResult.SAME, differences, columns)

    def _new(self, row: Row, parent_key: str | None, duplicates: Duplicates, columns: dict[str, Any]) -> Validation:
        """A row that looks like something that is there is new only if a person has seen just that, and takes it."""
        remarks = list(self._remarks(row, duplicates))
        is_seen = row.line in self._file.accepted and row.findings == json.dumps(remarks)
        parent = None if parent_key in self._existing else self._in_file.get(parent_key)
        if parent is not None and parent.verdict is RowResult.REMARKED:
            why = _("It belongs to line %(line)s, which waits for your decision.", line=parent.line)
            return Validation(RowResult.REMARKED, [*remarks, (TITLES["parent_code"], why)], columns)
        return Validation(RowResult.REMARKED if remarks and not is_seen else RowResult.NEW, remarks, columns)

    def _remarks(self, row: Row, duplicates: Duplicates) -> Iterator[Fault]:
        alike = self._alike.get(row.look)
        same = duplicates["look"].get(row.look)
        if alike is not None:
            yield TITLES["code"], account_lookalikes.of_code(alike)
        elif same is not None and same.first < row.line:
            yield TITLES["code"], _("Looks like the code on line %(line)s of this file.", line=same.first)
        for other in self._named:
            if other.name_key == row.name_key and account_lookalikes.have_one_address(
                account_lookalikes.addresses(row), account_lookalikes.addresses(other)
            ):
                yield TITLES["name"], account_lookalikes.of_name(other)
                return

    def _own_faults(self, known: Row | None) -> list[Fault]:
        if len(self._theirs) > 1:
            return [(TITLES["kind"], _("The file names more than one distributor; there is one."))]
        if known is not None and known.kind is not AccountKind.DISTRIBUTOR:
            return [(TITLES["code"], _("This code is another account’s in the portal, not the distributor’s."))]
        return []

    def _parent_key(self, row: Row) -> str | None:
        """None if there is no such account, neither here nor in the file."""
        key = fold(row.parent_code or "")
        if key in self._theirs:
            return self._own.code_key
        if (known := self._existing.get(key)) is not None:
            return known.code_key
        return key if key in self._in_file else None

    def _parent_faults(self, row: Row, parent_key: str | None) -> list[Fault]:
        why = self._why_not_under(row, parent_key)
        return [(TITLES["parent_code"], why)] if why else []

    def _why_not_under(self, row: Row, parent_key: str | None) -> str | None:
        code = shown(row.parent_code)
        if parent_key is None:
            return _("There is no account “%(code)s”, neither in the portal nor in the file.", code=code)
        known, in_file = self._existing.get(parent_key), self._in_file.get(parent_key)
        is_own = parent_key == self._own.code_key
        if row.kind is AccountKind.PARTNER:
            return None if is_own else _("A partner belongs directly to the distributor.")
        if is_own:
            return None
        if (known or in_file).kind is not AccountKind.PARTNER:
            return _("A customer belongs to a partner, or directly to the distributor.")
        if known is not None:
            return _("“%(code)s” is disabled. Enable it first.", code=code) if known.disabled_at else None
        if in_file.verdict is RowResult.FAULTY:
            return _("“%(code)s”, on line %(line)s, cannot be taken itself.", code=code, line=in_file.line)
        return None

    def _differences(self, row: Row, parent_key: str | None, known: Row):
        in_file = [name for name in ("name", "kind", "tax_code", *DETAILS) if self._is_in_file(name)]
        for name in in_file:
            now, given = getattr(known, name), getattr(row, name)
            if not spelling.is_same(name, now, given) and not (name in _BY_DEFAULT and given is None):
                now = money.major_units(now, known.currency) if isinstance(now, int) else getattr(now, "value", now)
                yield (
                    TITLES[name],
                    _("“%(text)s” in the portal", text=shown(now)) if now else _("Empty in the portal"),
                )
        if known.code_key != row.key:
            yield TITLES["code"], _("Merged into %(code)s %(name)s in the portal", code=known.code, name=known.name)
        if known.parent_key != parent_key:
            yield TITLES["parent_code"], _("“%(text)s” in the portal", text=known.parent_code or "–")

    def _is_in_file(self, name: str) -> bool:
        """A column that the file does not have is not compared."""
        return TITLES[name] not in self._file.absent


def _recorded(row: Row, known: Row | None) -> Iterator[str]:
    """The columns that the portal has just so, and that may come back."""
    if known is None:
        return
    yield TITLES["code"]
    for name in ("name", "vat_number"):
        if getattr(row, name) and getattr(row, name) == getattr(known, name):
            yield TITLES[name]


def _alike_in_portal(file: Import) -> dict[str, Row]:
    """By look: the oldest account whose code looks like another one in the file."""
    found: dict[str, Row] = {}
    is_in_file = (TABLE.c.import_id == file.id, TABLE.c.look.is_not(None))
    for accounts in account_lookalikes.chunks(select(Account)):
        by_look = {look(account.code): account for account in reversed(accounts)}
        rows = select(TABLE.c.look, TABLE.c.key).where(*is_in_file, TABLE.c.look.in_(by_look)).distinct()
        for row in db.session.execute(rows):
            if row.key != by_look[row.look].code_key:
                found.setdefault(row.look, by_look[row.look])
    return found


def _existing(keys: set[str]) -> dict[str, Row]:
    """By folded code. The code of a merged account is that of the one that was kept."""
    named, parent = aliased(Account), aliased(Account)
    rows = (
        select(
            named.code_key.label("key"), Account.code_key, Account.code, Account.kind, Account.name,
            Account.disabled_at, *(getattr(Account, name) for name in DETAILS),
            account_list.tax_text(), parent.code_key.label("parent_key"), parent.code.label("parent_code"),
        )
        .select_from(named)
        .join(Account, Account.id == access.kept_id_of(named))
        .outerjoin(parent, parent.id == Account.parent_id)
        .outerjoin(TaxCode, TaxCode.id == Account.tax_code_id)
        .where(named.code_key.in_(keys))
    )  # fmt: skip
    return {key: row for row in db.session.execute(rows) for key in (row.key, row.code_key)}
