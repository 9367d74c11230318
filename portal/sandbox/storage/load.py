"""Puts coupons into the sandbox's file, whether or not a sandbox is running on it."""

from collections.abc import Iterable
from typing import Self
from uuid import uuid4

from ..settings import SandboxSettings
from .coupons import Coupons
from .shapes import completed, organization_id
from .store import Store


class Loading:
    """Works like `PUT /sandbox/coupons`: replaces an existing code, and nothing counts as a purchase."""

    def __init__(self, path: str) -> None:
        self._store = Store(path)
        self._coupons = Coupons(self._store, seed=SandboxSettings.seed)
        self._distributor = organization_id(SandboxSettings.email)
        self._request_id = str(uuid4())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def put(self, coupons: Iterable[dict]) -> int:
        return self._coupons.put((completed(coupon, self._distributor) for coupon in coupons), self._request_id)

    def put_rows(self, rows: list[tuple]) -> None:
        """Puts thousands of complete coupons; their values are in the order of COLUMNS."""
        self._store.use_memory(64)
        self._coupons.put_rows(rows)
