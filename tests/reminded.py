"""Addresses outside the tree that are told, too; for tests, as rows."""

from uuid import uuid4

from portal.models import Account, Asset, ReminderRecipient, User
from tests.saved import now, saved


def added(world, row: Account | Asset, address: str = "", by: User | None = None) -> ReminderRecipient:
    """For an account, or for one of its assets; by the staff, unless somebody is named."""
    account_id, asset_id = (row.account_id, row.id) if isinstance(row, Asset) else (row.id, None)
    address = address or f"{uuid4().hex[:8]}@elsewhere.example"
    values = {"address": address, "name": "Elsewhere", "added_by_id": (by or world.dora).id, "added_at": now()}
    with world.transaction():
        return saved(ReminderRecipient(account_id=account_id, asset_id=asset_id, **values))


def added_beside(world, values: dict) -> int:
    """For the row of an address; 0 if there is none."""
    kind, row_id = (Asset, values["asset_id"]) if "asset_id" in values else (Account, values["account_id"])
    row = world.find(kind, row_id)
    return added(world, row).id if row else 0
