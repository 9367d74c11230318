from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from portal.demo.offers import Offer
from portal.models import Account, User


@dataclass(frozen=True)
class Case:
    """How it went; `apply` receives the story that it moves on."""

    apply: Callable[[Any], None]
    share: int = 0
    """How many of the usual 2,000 assets."""
    when: Callable[[Random, datetime], datetime] | None = None
    quantity: int | None = None
    is_live: bool = False
    """Under way at the moment of loading; `when` counts back from that moment, else from last midnight."""
    is_shown: bool = False
    """One of them belongs to the customer whose sign-ins are printed."""


@dataclass(frozen=True)
class Purchase:
    placed_at: datetime
    account: Account
    payer: Account
    placed_by: User
    asked_by: User | None
    """Who of the account or its partner would ask to synchronize again."""
    offer: Offer
    quantity: int
    name: str
    note: str
    unit_price: int
    case: Case
