"""What an issued document says, as the JSON stored with it. Without the logo, which only the PDF has."""

import json
from dataclasses import is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from portal.providers.einvoice.document import (
    AccountingVat,
    Address,
    Bank,
    Category,
    Contact,
    CreditedBefore,
    Document,
    ElectronicAddress,
    Kind,
    Line,
    Party,
    PrecedingInvoice,
    Tax,
)


def to_json(document: Document) -> str:
    return json.dumps(replace(document, logo=None), default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    return vars(value) if is_dataclass(value) else str(value)


def from_json(text: str) -> Document:
    said = json.loads(text)
    return Document(
        **said
        | {
            "kind": Kind(said["kind"]),
            "issued_on": date.fromisoformat(said["issued_on"]),
            "due_on": _day(said["due_on"]),
            "period": tuple(map(date.fromisoformat, said["period"])) if said["period"] else None,
            "seller": _party(said["seller"]),
            "buyer": _party(said["buyer"]),
            "lines": tuple(_line(each) for each in said["lines"]),
            "bank": Bank(**said["bank"]) if said["bank"] else None,
            "accounting_vat": AccountingVat(**said["accounting_vat"]) if said["accounting_vat"] else None,
            "preceding": _preceding(said["preceding"]),
            "credited_before": tuple(map(_before, said.get("credited_before", ()))),
            "notes": tuple(said["notes"]),
        }
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _party(said: dict[str, Any]) -> Party:
    electronic = said["electronic_address"]
    return Party(
        **said
        | {
            "address": Address(**said["address"] | {"street": tuple(said["address"]["street"])}),
            "contact": Contact(**said["contact"]),
            "electronic_address": ElectronicAddress(**electronic) if electronic else None,
        }
    )


def _line(said: dict[str, Any]) -> Line:
    tax = said["tax"]
    return Line(**said | {"tax": Tax(**tax | {"category": Category(tax["category"]), "rate": Decimal(tax["rate"])})})


def _before(said: dict[str, Any]) -> CreditedBefore:
    return CreditedBefore(**said | {"category": Category(said["category"]), "rate": Decimal(said["rate"])})


def _preceding(said: dict[str, Any] | None) -> PrecedingInvoice | None:
    return PrecedingInvoice(said["number"], date.fromisoformat(said["issued_on"])) if said else None
