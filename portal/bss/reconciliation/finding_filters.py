"""What the address says about which differences of a comparison are listed. The page of one keeps it, so that the
previous and the next one are those of the list that the person came from.
"""

import enum
from collections.abc import Mapping
from typing import TypeVar

from portal.models import FindingKind
from portal.services.reconciliation.viewing.finding_list import Filters, StatusGroup

NAMES = ("part", "case", "kind", "q")
Word = TypeVar("Word", bound=enum.Enum)


def of(kept: Mapping[str, str]) -> Filters:
    """What is not known is ignored."""
    part, kind = known(kept, "part", StatusGroup), known(kept, "kind", FindingKind)
    return Filters(part or StatusGroup.OPEN, kind, kept.get("q", ""), kept.get("case") == "1")


def known(kept: Mapping[str, str], name: str, words: type[Word]) -> Word | None:
    return next((each for each in words if each.value == kept.get(name)), None)
