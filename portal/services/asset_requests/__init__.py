"""What partners and customers ask about an asset that failed. Asking buys nothing and calls nobody; the staff answer.

Each account has at most one open request about an asset. Its words and its answer are for the people of that account
and for the staff. `Asset.asked_at` says since when the oldest open one waits.
"""

from portal.services.asset_requests.asking import LONGEST_WORDS, Asked, ask
from portal.services.asset_requests.settling import LONGEST_ANSWER, LONGEST_REMARK, answer, close, moved, settle

__all__ = [
    "Asked",
    "LONGEST_ANSWER",
    "LONGEST_REMARK",
    "LONGEST_WORDS",
    "answer",
    "ask",
    "close",
    "moved",
    "settle",
]
