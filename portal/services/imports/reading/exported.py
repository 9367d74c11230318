"""What the portal’s own exports write, so that such a file can be brought back: numbers of assets, the ends of codes,
statuses, and the line that says that the file is complete."""

import re
from collections.abc import Sequence

from portal.models import SyncStatus
from portal.models.asset_rules import asset_id_of

_END_OF_CODE = re.compile(r"(?:…|\.\.\.)(\S{0,4})")
_LAST_LINE = re.compile(r"End of export: [0-9,]+ [a-z]+")

STATUSES = {
    "synchronizing": SyncStatus.SYNCHRONIZING,
    "unconfirmed": SyncStatus.UNCONFIRMED,
    "checking with bittitan": SyncStatus.UNCONFIRMED,
    "review": SyncStatus.REVIEW,
    "needs review": SyncStatus.REVIEW,
    "synchronized": SyncStatus.SYNCHRONIZED,
    "failed": SyncStatus.FAILED,
}
"""Also the words that the screens use, in small letters."""


def number(cell: str) -> int | None:
    """The id of the asset in a cell such as AS-17. Any other number is another system's."""
    return asset_id_of(cell) if cell.upper().startswith("AS-") else None


def end_of_code(cell: str) -> str | None:
    """What a masked code shows (models/coupon.py)."""
    found = _END_OF_CODE.fullmatch(cell)
    return found[1] if found else None


def is_last_line(cells: Sequence[str]) -> bool:
    """The line that ends an export to a client that speaks HTTP/1.0 (display/lists)."""
    return bool(cells) and bool(_LAST_LINE.fullmatch(cells[0])) and not any(cell.strip() for cell in cells[1:])
