from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from portal.demo.offers import Offer
from portal.models import Account, User


@dataclass(frozen=True)
class Case:
    """A course that a purchase can take. `apply` adds its events to the story."""

    apply: Callable[[Any], None]
    share: int = 0
    """The number of assets among the usual 2,000."""
    when: Callable[[Random, datetime], datetime] | None = None
    quantity: int | None = None
    is_live: bool = False
    """Still open at the moment of loading. `when` counts back from that moment, otherwise from last midnight."""
    is_shown: bool = False
    """One of them belongs to the customer whose sign-ins are printed."""


@dataclass(frozen=True)
class Purchase:
    placed_at: datetime
    account: Account
    payer: Account
    placed_by: User
    asked_by: User | None
    """The user of the account or its partner who would ask to synchronize again."""
    offer: Offer
    quantity: int
    name: str
    note: str
    unit_price: int
    case: Case
