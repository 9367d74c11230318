"""The vendor's SKUs, and coupons as rows and in the contract's form."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from .. import times
from .sqlite import sqlite3

NAMESPACE = UUID("6f1d2a6e-8a52-5c55-9d3c-6b1f6f0e4b21")
SKUS = (
    {
        "Id": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01",
        "Name": "BitTitan Mailbox License",
        "LicenseKind": "MailboxLicense",
        "MaxQuantity": 10000,
    },
    {
        "Id": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02",
        "Name": "BitTitan User Migration Bundle",
        "LicenseKind": "UserMigrationBundle",
        "MaxQuantity": 5000,
    },
)
COLUMNS = {
    "Id": "id",
    "Code": "code",
    "ExternalReference": "reference",
    "Label": "label",
    "ProductSkuId": "product_sku_id",
    "OrganizationId": "organization_id",
    "Quantity": "quantity",
    "Status": "status",
    "Created": "created",
    "ExpireDate": "expire_date",
    "ValidityDays": "validity_days",
    "RedeemedDate": "redeemed_date",
}


def organization_id(email: str) -> str:
    return str(uuid5(NAMESPACE, email.lower()))


def shown(row: sqlite3.Row | dict) -> dict[str, Any]:
    coupon = {name: row[column] for name, column in COLUMNS.items()}
    if coupon["Status"] == "Active" and coupon["ExpireDate"] <= times.text(times.now()):
        coupon["Status"] = "Expired"
    return coupon


def completed(coupon: dict, distributor: str) -> dict[str, Any]:
    """Returns the coupon with defaults for the members that it lacks."""
    created = normal(coupon.get("Created") or times.text(times.now()))
    reference = coupon.get("ExternalReference", "")
    full = {
        "Id": str(uuid5(NAMESPACE, str(coupon.get("Code")))),
        "ExternalReference": reference,
        "Label": reference,
        "ProductSkuId": SKUS[0]["Id"],
        "OrganizationId": distributor,
        "Quantity": 1,
        "Status": "Active",
        "Created": created,
        "ExpireDate": later(created, 365),
        "ValidityDays": 365,
        "RedeemedDate": None,
    } | coupon
    for name in ("Created", "ExpireDate", "RedeemedDate"):
        full[name] = normal(full[name]) if full[name] else None
    return full | {name: str(full[name]).lower() for name in ("Id", "ProductSkuId", "OrganizationId")}


def normal(value: str) -> str:
    return times.text(times.parse(value))


def later(moment: str, days: int) -> str:
    return times.text(times.parse(moment) + timedelta(days=days))
