"""Addresses outside the tree that are told, too; for tests, as rows."""

from uuid import uuid4

from sqlalchemy import select

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, Asset, ReminderRecipient, User
from tests.saved import now, saved


def added(row: Account | Asset, address: str = "") -> ReminderRecipient:
    """For an account, or for one of its assets."""
    is_asset = isinstance(row, Asset)
    account_id, asset_id = (row.account_id, row.id) if is_asset else (row.id, None)
    address = address or f"{uuid4().hex[:8]}@elsewhere.example"
    with transaction():
        by_id = db.session.scalar(select(User.id).order_by(User.id).limit(1))
        values = {"address": address, "name": "Elsewhere", "added_by_id": by_id, "added_at": now()}
        return saved(ReminderRecipient(account_id=account_id, asset_id=asset_id, **values))
