"""What becomes of a request about an asset, in words."""

from portal.core.i18n import lazy
from portal.models import AssetRequestState, RequestEnd
from portal.services.asset_requests.endings import ENDINGS

__all__ = ["ENDINGS", "REASONS", "STATES"]

STATES = {
    AssetRequestState.OPEN: (lazy("Open"), "queued", "clock"),
    AssetRequestState.ANSWERED: (lazy("Answered"), "sent", "synchronized"),
    AssetRequestState.CLOSED: (lazy("Closed"), "off", "dash"),
    AssetRequestState.DELIVERED: (lazy("Code has come"), "sent", "synchronized"),
}
"""Text, badge and icon."""
REASONS = {
    RequestEnd.ORDER_AGAIN: lazy("To be ordered again"),
    RequestEnd.WRITE_TO_US: lazy("They should write to us"),
    RequestEnd.NOT_NEEDED: lazy("Not needed any more"),
    RequestEnd.OTHER: lazy("Another reason, in your words"),
    RequestEnd.CANCELLED: lazy("The asset was cancelled"),
}
"""Why a request was closed, for the staff. What cancels an asset closes its requests, so nobody chooses the last."""
