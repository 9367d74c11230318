"""The state of a running sandbox: settings, contract, coupons and faults. The operations and the control plane use it;
`app` uses both of them."""

import time
from collections import deque
from threading import Condition, Event, Lock

from . import times
from .contract import Contract
from .errors import Problem
from .faults.queue import FaultQueue
from .faults.raw_connection import Dropped
from .settings import SandboxSettings
from .storage.coupons import Coupons
from .storage.store import Store


class Sandbox:
    def __init__(self, settings: SandboxSettings) -> None:
        self.started_with = self.settings = settings
        self.contract = Contract()
        self.coupon_check = self.contract.check("Coupon")
        self.store = Store(settings.path)
        self.coupons = Coupons(self.store, settings.seed)
        self.faults = FaultQueue(self.store, {operation.id for operation in self.contract.operations})
        self.rate_limit = RateLimit()
        self.ended = Event()
        """Set by a reset, which drops the calls that hang."""
        self._waiting, self._releases = Condition(), 0

    @property
    def settings(self) -> SandboxSettings:
        return self._settings

    @settings.setter
    def settings(self, settings: SandboxSettings) -> None:
        self._settings = settings
        times.turn(settings.clock_offset)

    def wait(self, ended: Event, seconds: float) -> None:
        """Waits so many seconds, or until calls are released. Raises Dropped if a reset has set `ended` meanwhile."""
        with self._waiting:
            before = self._releases
            self._waiting.wait_for(lambda: ended.is_set() or self._releases > before, seconds)
        if seconds and ended.is_set():
            raise Dropped

    def release(self) -> None:
        """Lets all calls that hang now go on at once."""
        with self._waiting:
            self._releases += 1
            self._waiting.notify_all()

    def reset(self) -> None:
        with self.store.lock:
            self.ended.set()
            self.release()
            self.ended = Event()
            self.store.reset()
            self.settings = self.started_with


class RateLimit:
    def __init__(self) -> None:
        self._lock = Lock()
        self._moments: deque[float] = deque()

    def count(self, rate: int) -> None:
        now = time.monotonic()
        with self._lock:
            while self._moments and self._moments[0] <= now - 1:
                self._moments.popleft()
            if rate and len(self._moments) >= rate:
                raise Problem("RateLimited", "Too many requests.", headers={"Retry-After": "1"})
            self._moments.append(now)
