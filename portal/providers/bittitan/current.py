"""The provider of one process, whose server and sign-in may change while it runs."""

import threading
from typing import Any

from portal.config import BitTitanSettings, ProvisioningSettings
from portal.providers.base import CouponOrder, Deadline, NotSent, Outcome, Trace
from portal.providers.bittitan.client import BitTitan
from portal.providers.bittitan.tickets import Ticket
from portal.providers.causes import Cause

_NOTHING_SENT = Trace("", "", None, 0)


class CurrentProvider:
    """Passes each call on to the client of the newest settings. A call keeps the client with which it began, so that a
    sign-in, what is asked and its answer always belong to the same server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: BitTitan | None = None
        self.version = -1

    def use(self, client: BitTitan, version: int) -> None:
        """Never goes back to older settings, which another thread may have read earlier."""
        with self._lock:
            if version > self.version:
                self._client, self.version = client, version

    def create_coupon(self, order: CouponOrder, deadline: Deadline) -> Outcome:
        """Sends nothing if the settings have changed since the send was committed: it was meant for the old server, and
        a new send is committed for the new one."""
        with self._lock:
            client, version = self._client, self.version
        if order.settings_version not in (None, version):
            return NotSent(Cause.SETTINGS_CHANGED, "", _NOTHING_SENT, needs_ticket=True)
        return client.create_coupon(order, deadline)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class NoSignIn(BitTitan):
    """Cannot sign in: the portal has no usable credentials. `cause` says why. Nothing is asked or sent."""

    def __init__(self, server: BitTitanSettings, times: ProvisioningSettings, cause: str):
        super().__init__(server, times)
        self._cause = cause

    def _sign_in(self, deadline: Deadline) -> Ticket | NotSent:
        return NotSent(self._cause, "", _NOTHING_SENT, needs_person=True)
