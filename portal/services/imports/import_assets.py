"""Asset records: what each cell may hold, and how the records compare with the portal.

A record is of the asset with its Asset ID. Where that is empty, as in an export, its number (AS-17) tells which it is.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.extensions import db
from portal.models import (
    MAX_DAYS,
    Account,
    Coupon,
    CouponStanding,
    Import,
    Product,
    RowResult,
    StagedAsset,
    SyncStatus,
)
from portal.models.coupon import mask
from portal.models.text_keys import collation_key, fold, search_key
from portal.services import provisioning
from portal.services.imports import import_values
from portal.services.imports.import_columns import (
    Cells,
    Column,
    Duplicates,
    Fault,
    Validation,
    duplicate_sentence,
    in_order,
    shape_of,
    unless_recorded,
)
from portal.services.imports.import_known_assets import differences, existing, is_code_for, recorded
from portal.services.imports.reading import exported
from portal.services.imports.reading.dates import purchase_date
from portal.services.imports.reading.numbers import whole
from portal.services.imports.reading.refusals import shown

COLUMNS = (
    Column("external_id", "Asset ID", aliases=("Old number",)),
    Column("name", "Name"),
    Column("product_name", "Product"),
    Column("customer_code", "Customer Code"),
    Column("billed_code", "Billing To Code"),
    Column("quantity", "Quantity", aliases=("Licences",)),
    Column("sync_status", "Provisioning Sync Status", aliases=("Sync status",)),
    Column("purchased_on", "Purchase Date", aliases=("Purchased",)),
    Column("expire_days", "Expire(days)"),
    Column("validity_days", "Validity(days)"),
    Column("code", "BitTitan's Coupon Code", aliases=("Coupon code",)),
    Column("number", "Number", is_required=False),
)
TITLES = {column.field: column.title for column in COLUMNS}
EMPTY = {
    "external_id": lazy("It is empty. Write the number that the record has there."),
    "product_name": lazy("It is empty. Write the product’s name."),
    "customer_code": lazy("It is empty. Write the account’s code."),
    "billed_code": lazy("It is empty. Write the code of the account that pays."),
}
DATES = ("purchased_on",)
CODES = ("code",)
NUMBERS = {"quantity": 1_000_000, "expire_days": MAX_DAYS, "validity_days": MAX_DAYS}
"""With the most that each may be; of licences in one coupon as in an order."""
TABLE = StagedAsset.__table__
NOTHING = {
    column.name: None for column in TABLE.columns if column.name not in ("import_id", "line", "raw", "reference")
}


def staged(cells: Cells) -> dict[str, Any]:
    """The columns of a StagedAsset. Each record gets the permanent reference of its future asset at once."""
    values = NOTHING | {"reference": provisioning.new_reference()}
    if not cells.check_form():
        return values
    values["external_id"] = cells.read("external_id", _external_id, exported.number(cells.plain("number")))
    values["key"] = fold(values["external_id"]) if values["external_id"] else None
    values["product_name"] = cells.read("product_name", _named, EMPTY["product_name"])
    values["customer_code"] = cells.read("customer_code", import_values.reference, EMPTY["customer_code"])
    values["billed_code"] = cells.read("billed_code", import_values.reference, EMPTY["billed_code"])
    values["name"] = cells.read("name", import_values.asset_name) or values["product_name"]
    values["purchased_on"] = cells.read("purchased_on", purchase_date, cells.reading.of_date("purchased_on"))
    for field, most in NUMBERS.items():
        values[field] = cells.read(field, whole, most, cells.reading.numbers)
    return values | _code_and_status(cells) | _derived(values)


def is_of_codes(fields: set[str]) -> bool:
    """Whether a file that lacks columns is a list of codes for assets that are there."""
    return "code" in fields and bool(fields & {"external_id", "number"}) and not fields & _ORDERED


_ORDERED = {"product_name", "customer_code", "billed_code", "quantity"}


def _external_id(value: str, number: int | None) -> str | None:
    return None if not value and number is not None else import_values.asset_id(value, EMPTY["external_id"])


def _named(value: str, empty: str) -> str:
    return import_values.text(value, import_values.LONGEST_NAME, empty=empty)


def _code_and_status(cells: Cells) -> dict[str, Any]:
    status = cells.read("sync_status", import_values.sync_status)
    before = len(cells.faults)
    code = cells.read("code", import_values.coupon_code)
    if len(cells.faults) == before:
        if status is SyncStatus.SYNCHRONIZED and code is None:
            cells.refuse("code", _("It is Synchronized, but has no coupon code."))
    end = mask(code) if code else exported.end_of_code(cells.plain("code"))
    return {"sync_status": status, "code": code, "mask": end}


def _derived(values: dict[str, Any]) -> dict[str, Any]:
    day, days, name = values["purchased_on"], values["expire_days"], values["name"]
    return {
        "name_key": search_key(name) if name else None,
        "name_sort": collation_key(name) if name else None,
        "redeem_by": day + timedelta(days=days) if day and days else None,
    }


class Validator:
    """Compares records with the portal, some hundreds at a time."""

    def __init__(self, file: Import):
        self._shape = shape_of(file.heads, COLUMNS, is_of_codes)
        self._products: dict[str, list[Row]] = {}
        for row in db.session.execute(select(Product.id, Product.name, Product.withdrawn_at)):
            self._products.setdefault(fold(row.name), []).append(row)

    def passes(self) -> tuple:
        """Conditions that select the rows to validate, in order."""
        return (TABLE.c.line > 0,)

    def validate(self, rows: Sequence[Row], duplicates: Duplicates) -> list[Validation]:
        codes = {fold(code) for row in rows for code in (row.customer_code, row.billed_code) if code}
        self._accounts = _accounts(codes)
        # Codes first: if one is recorded in between, its asset is then found as existing.
        self._taken = _taken({row.code for row in rows if row.code})
        numbers = [self._number(row) for row in rows]
        self._existing, self._numbered = existing({row.key for row in rows if row.key}, set(numbers) - {None})
        return [self._one(row, number, duplicates) for row, number in zip(rows, numbers, strict=True)]

    def _number(self, row: Row) -> int | None:
        """That the portal has given, if the record names one."""
        place = self._shape.places.get("number")
        cells = json.loads(row.raw) if place is not None else []
        return exported.number(import_values.plain(cells[place])) if len(cells) > (place or 0) else None

    def _one(self, row: Row, number: int | None, duplicates: Duplicates) -> Validation:
        known = self._existing.get(row.key) if row.key else self._numbered.get(number)
        faults = unless_recorded(row, [TITLES[name] for name in recorded(row, known)])
        faults += self._number_faults(row, number, known)
        for name, column in (("external_id", "key"), ("code", "code")):
            if duplicate := duplicates[column].get(getattr(row, column)):
                faults.append((TITLES[name], duplicate_sentence(duplicate)))
        columns, place_faults = self._places(row, known)
        faults += place_faults
        holder = self._taken.get(row.code)
        if holder is not None and (known is None or holder.asset_id != known.id):
            faults.append((TITLES["code"], _taken_sentence(holder)))
        different = dict(differences(row, columns, known, self._shape.places)) if known is not None else {}
        is_to_attach = known is not None and is_code_for(row, known, different)
        if row.sync_status is SyncStatus.FAILED and row.code and known is None:
            faults.append((TITLES["code"], _("It is Failed, but has a coupon code. Find out which is right.")))
        columns["asset_id"] = known.id if is_to_attach else None
        if faults:
            return Validation(RowResult.FAULTY, in_order(faults, TITLES), columns)
        if known is None:
            return Validation(RowResult.NEW, [], columns)
        told = [(TITLES[name], why) for name, why in different.items()]
        if is_to_attach:
            return Validation(RowResult.ATTACH, told, columns)
        return Validation(RowResult.DIFFERS if different else RowResult.SAME, told, columns)

    def _number_faults(self, row: Row, number: int | None, known: Row | None) -> list[Fault]:
        """A number beside an Asset ID has to be the same asset's: a second asset would be made of one that is there."""
        other = self._numbered.get(number)
        if other is not None and (known is None or known.id != other.id):
            why = _("AS-%(id)s has another Asset ID in the portal, or none. Empty the cell that is wrong.", id=other.id)
            return [(TITLES["number"], why)]
        if number is not None and other is None and not row.key:
            return [(TITLES["number"], _("There is no AS-%(id)s in the portal.", id=number))]
        if known is None and self._shape.is_of_codes:
            return [("", _("There is no such asset in the portal, and this list has no columns to make a new one."))]
        return []

    def _places(self, row: Row, known: Row | None) -> tuple[dict[str, Any], list[Fault]]:
        """Account, payer and product, and the faults among them."""
        columns = {"account_id": None, "branch_id": None, "billed_account_id": None, "product_id": None}
        faults: list[Fault] = []
        account = self._accounts.get(fold(row.customer_code or ""))
        payer = self._accounts.get(fold(row.billed_code or ""))
        for name, code, match in (
            ("customer_code", row.customer_code, account),
            ("billed_code", row.billed_code, payer),
        ):
            if code and match is None:
                faults.append((TITLES[name], _("There is no account “%(code)s”.", code=shown(code))))
        if account and account.branch_id is None:
            faults.append((TITLES["customer_code"], _("The distributor itself holds no assets.")))
        elif account and payer and known is None and payer.id != account.payer_id:
            faults.append((TITLES["billed_code"], _("%(code)s is billed to %(payer)s.", **_who_pays(account))))
        if row.product_name:
            columns["product_id"] = self._product(row.product_name, known, faults)
        if account:
            columns |= {"account_id": account.id, "branch_id": account.branch_id}
        return columns | {"billed_account_id": payer.id if payer else None}, faults

    def _product(self, name: str, known: Row | None, faults: list[Fault]) -> int | None:
        named = self._products.get(fold(name), [])
        if known is not None and known.product_id in (row.id for row in named):
            return known.product_id
        on_sale = [row for row in named if row.withdrawn_at is None]
        chosen = named if len(named) == 1 else on_sale
        if len(chosen) == 1:
            return chosen[0].id
        text = {"name": shown(name)}
        if named:
            faults.append((TITLES["product_name"], _("Several products are called “%(name)s”.", **text)))
        else:
            faults.append((TITLES["product_name"], _("There is no product called “%(name)s”. Make it first.", **text)))
        return None


def _taken_sentence(other: Row) -> str:
    if other.standing is CouponStanding.RECORDED:
        return _("This code is recorded with AS-%(id)s already.", id=other.asset_id)
    if other.standing is CouponStanding.WITHDRAWN and other.asset_id is None:
        return _("This code was withdrawn. Import the asset without it, and attach it there if it is good.")
    if other.standing is CouponStanding.WITHDRAWN:
        return _("This code was withdrawn from AS-%(id)s. Import the asset without it.", id=other.asset_id)
    if other.asset_id is None:
        return _("This code is in the surplus register. Import the asset without it, and attach it from there.")
    return _("This code is in the surplus register, with AS-%(id)s.", id=other.asset_id)


def _who_pays(account: Row) -> dict[str, str]:
    return {"code": account.code, "payer": account.payer_code}


def _accounts(keys: set[str]) -> dict[str, Row]:
    """By folded code, with the payer: the partner for its customers, otherwise the account itself. The code of a merged
    account is that of the one that was kept."""
    named, payer = aliased(Account), aliased(Account)
    rows = (
        select(
            named.code_key, Account.id, Account.code, Account.branch_id,
            payer.id.label("payer_id"), payer.code.label("payer_code"),
        )
        .select_from(named)
        .join(Account, Account.id == access.kept_id_of(named))
        .outerjoin(payer, payer.id == Account.branch_id)
        .where(named.code_key.in_(keys))
    )  # fmt: skip
    return {row.code_key: row for row in db.session.execute(rows)}


def _taken(codes: set[str]) -> dict[str, Row]:
    rows = select(Coupon.code, Coupon.asset_id, Coupon.standing).where(Coupon.code.in_(codes))
    return {row.code: row for row in db.session.execute(rows)}
