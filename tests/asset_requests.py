"""Requests about assets, as saved rows."""

from portal.extensions import db
from portal.models import Asset, AssetRequest, AssetRequestState
from tests.saved import now, saved


def request(world, asset: Asset | None = None, by=None, *, state: str = "open", **columns) -> AssetRequest:
    """By Carl about a failed asset of his, open unless told otherwise."""
    asset, by, state = asset or world.asset("failed"), by or world.carl, AssetRequestState(state)
    settled = {} if state is AssetRequestState.OPEN else {"settled_at": now(), "settled_by_id": world.dana.id}
    values = {
        "asset_id": asset.id, "account_id": by.account_id, "asked_by_id": by.id, "asked_at": now(), "state": state,
        "words": "We migrate on Monday.",
    }  # fmt: skip
    with world.transaction():
        row = saved(AssetRequest(**values | settled | columns))
        if state is AssetRequestState.OPEN:
            db.session.get(Asset, asset.id).asked_at = row.asked_at
        return row
