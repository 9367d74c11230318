"""The vendor's coupons. Every change and its journal entry are one transaction."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid5

from .. import times
from ..errors import Problem
from .shapes import COLUMNS, NAMESPACE, SKUS, later, normal, shown
from .sqlite import sqlite3
from .store import Store

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LARGEST_OFFSET = 2**62
ORDERED = (
    "ProductSkuId",
    "Quantity",
    "ExpireDays",
    "ValidityDays",
    "OrganizationId",
    "ExternalReference",
    "Label",
)


@dataclass(frozen=True)
class Effects:
    """How a fault changes the execution of a call, apart from its answer."""

    copies: int = 1
    hidden_seconds: float = 0
    ignore_deadline: bool = False


class Coupons:
    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.seed = seed

    def create(self, order: dict, *, idempotent: bool, effects: Effects, request_id: str) -> tuple[int, dict]:
        request = _request_of(order)
        with self.store.writing():
            if idempotent and (first := self._oldest(order["ExternalReference"])):
                if first["asked"] not in (None, request):
                    raise Problem("ReferenceReused", "This reference stands for another order.")
                return 200, shown(first)
            _allow(order)
            rows = [self._add(order, request, effects, request_id) for _ in range(effects.copies)]
        return 201, shown(rows[0])

    def find(self, *, id: str | None = None, code: str | None = None) -> sqlite3.Row | None:
        return self.store.row("SELECT * FROM coupons WHERE id = ? OR code = ?", (id or "").lower(), code or "")

    def get(self, id: str) -> sqlite3.Row:
        if row := self.find(id=id):
            return row
        raise Problem("CouponNotFound", "There is no such coupon.")

    def another(self, reference: str) -> dict[str, Any] | None:
        """Returns the newest coupon under another reference."""
        newest = "SELECT * FROM coupons WHERE reference <> ? ORDER BY created DESC, sequence DESC LIMIT 1"
        row = self.store.row(newest, reference)
        return shown(row) if row else None

    def search(self, values: dict[str, Any]) -> dict[str, Any]:
        now = times.text(times.now())
        where, given = ["status = 'Active'", "expire_date > ?", "hidden_until <= ?"], [now, now]
        for name, clause, value in (
            ("ExternalReference", "reference = ?", str),
            ("OrganizationId", "organization_id = ?", str.lower),
            ("CreatedFrom", "created >= ?", normal),
            ("CreatedTo", "created <= ?", normal),
        ):
            if name in values:
                where.append(clause)
                given.append(value(values[name]))
        condition = " AND ".join(where)
        offset = min(values["Offset"], LARGEST_OFFSET)
        with self.store.lock:
            total = self.store.row(" ".join(["SELECT count(*) FROM coupons WHERE", condition]), *given)[0]
            page = ["SELECT * FROM coupons WHERE", condition, "ORDER BY created, sequence LIMIT ? OFFSET ?"]
            rows = self.store.rows(" ".join(page), *given, values["Count"], offset)
        entities = [shown(row) for row in rows]
        return {"Entities": entities, "Offset": values["Offset"], "Count": len(entities), "TotalCount": total}

    def check(self, code: str) -> dict[str, Any]:
        row = self.find(code=code)
        coupon = shown(row) if row else None
        status = coupon["Status"] if coupon else "Unknown"
        valid = status == "Active"
        return {"Code": code, "Valid": valid, "Reason": None if valid else status, "Coupon": coupon}

    def revoke(self, id: str, request_id: str) -> dict[str, Any]:
        with self.store.writing():
            row = self.get(id)
            if row["status"] == "Redeemed":
                raise Problem("CouponRedeemed", "This coupon has been redeemed.")
            return self._turn(row, "Revoked", "revoked", request_id)

    def redeem(self, row: sqlite3.Row, request_id: str) -> dict[str, Any]:
        with self.store.writing():
            if shown(row)["Status"] not in ("Active", "Redeemed"):
                raise Problem("ValidationFailed", "Only an active coupon can be redeemed.")
            return self._turn(row, "Redeemed", "redeemed", request_id)

    def expire(self, row: sqlite3.Row, request_id: str) -> dict[str, Any]:
        return self._turn(row, "Expired", "expired", request_id)

    def put(self, coupons: Iterable[dict], request_id: str) -> int:
        rows = [{column: coupon[name] for name, column in COLUMNS.items()} for coupon in coupons]
        with self.store.writing():
            self.put_rows([tuple(row.values()) for row in rows])
            for row in rows:
                self.store.note("put", row, request_id)
        return len(rows)

    def put_rows(self, rows: list[tuple]) -> None:
        """Puts thousands of rows at once, so without journal entries. Their values are in the order of COLUMNS."""
        columns = tuple(COLUMNS.values())
        update = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "code")
        self.store.insert_all("coupons", columns, rows, otherwise=f"ON CONFLICT (code) DO UPDATE SET {update}")

    def _add(self, order: dict, request: str, effects: Effects, request_id: str) -> dict[str, Any]:
        now = times.now()
        code = self._new_code()
        row = {column: order.get(name) for name, column in COLUMNS.items()} | {
            "id": str(uuid5(NAMESPACE, code)),
            "code": code,
            "product_sku_id": order["ProductSkuId"].lower(),
            "organization_id": order["OrganizationId"].lower(),
            "quantity": int(order["Quantity"]),
            "validity_days": int(order["ValidityDays"]),
            "status": "Active",
            "created": times.text(now),
            "expire_date": later(times.text(now), int(order["ExpireDays"])),
            "redeemed_date": None,
            "hidden_until": times.text(now + timedelta(seconds=effects.hidden_seconds)),
            "asked": request,
        }
        self.store.insert("coupons", row)
        self.store.note("created", row, request_id)
        return row

    def _new_code(self) -> str:
        while True:
            number = self.store.meta("counter") + 1
            self.store.set_meta("counter", number)
            digest = int.from_bytes(hashlib.sha256(f"{self.seed}:{number}".encode()).digest())
            letters = "".join(ALPHABET[digest >> 5 * place & 31] for place in range(16))
            code = "-".join(["SBX", *(letters[start : start + 4] for start in range(0, 16, 4))])
            if not self.find(code=code):
                return code

    def _oldest(self, reference: str) -> sqlite3.Row | None:
        ours = "SELECT * FROM coupons WHERE reference = ? ORDER BY created, sequence LIMIT 1"
        return self.store.row(ours, reference)

    def _turn(self, row: sqlite3.Row, status: str, what: str, request_id: str) -> dict[str, Any]:
        with self.store.writing():
            row = self.get(row["id"])
            if row["status"] != status:
                redeemed = times.text(times.now()) if status == "Redeemed" else row["redeemed_date"]
                change = "UPDATE coupons SET status = ?, redeemed_date = ? WHERE id = ?"
                self.store.rows(change, status, redeemed, row["id"])
                self.store.note(what, row, request_id)
            return shown(self.get(row["id"]))


def _request_of(order: dict) -> str:
    plain = {name: order[name] for name in ORDERED}
    plain |= {name: int(order[name]) for name in ("Quantity", "ExpireDays", "ValidityDays")}
    plain |= {name: order[name].lower() for name in ("ProductSkuId", "OrganizationId")}
    return json.dumps(plain, sort_keys=True)


def _allow(order: dict) -> None:
    sku = next((sku for sku in SKUS if sku["Id"] == order["ProductSkuId"].lower()), None)
    if sku is None:
        raise Problem("ProductSkuNotFound", "There is no such product.")
    if order["Label"] != order["ExternalReference"]:
        wrong = {"Label": "The label and the reference must be the same."}
        raise Problem("ValidationFailed", "The order is not valid.", fields=wrong)
    if order["Quantity"] > sku["MaxQuantity"]:
        wrong = {"Quantity": f"At most {sku['MaxQuantity']}."}
        raise Problem("QuantityOutOfRange", "The quantity is out of range.", fields=wrong)
