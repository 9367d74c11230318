"""Coupons from outside, put into the sandbox's file, whether or not a sandbox runs on it."""

from collections.abc import Iterable
from uuid import uuid4

from .coupons import Coupons
from .settings import SandboxSettings
from .shapes import completed, organization_id
from .store import Store


def load(path: str, coupons: Iterable[dict]) -> int:
    """As `PUT /sandbox/coupons` does: a code that is there already is replaced, and nothing counts as a purchase."""
    distributor = organization_id(SandboxSettings.email)
    store = Store(path)
    try:
        whole = (completed(coupon, distributor) for coupon in coupons)
        return Coupons(store, seed=SandboxSettings.seed).put(whole, str(uuid4()))
    finally:
        store.close()
