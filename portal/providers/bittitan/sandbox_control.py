"""The client of the sandbox's control plane (portal/sandbox/control.py): which faults are pending, and which were used.
Called only if the portal is connected to the sandbox."""

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.providers.base import Deadline
from portal.providers.bittitan import shapes
from portal.providers.bittitan.shapes import Misshapen
from portal.providers.bittitan.wire import Answer, Request, exchange

WITHIN = 1.0
"""Seconds. Short, because the sandbox is on this machine and a page waits for it."""
AT_ONCE = threading.BoundedSemaphore(2)
"""The number of threads that may wait for it at the same time; all others get no answer."""
LAST_USED = 50


@dataclass(frozen=True)
class Waiting:
    """A fault that the next calls will meet."""

    operation: str
    fault: str
    left: int | None
    """The number of calls; None means until it is switched off."""


@dataclass(frozen=True)
class Used:
    operation: str
    fault: str
    at: datetime


@dataclass(frozen=True)
class Faults:
    waiting: tuple[Waiting, ...]
    used: tuple[Used, ...]
    """The last few, oldest first."""


class SandboxControl:
    """Methods return None or False if the sandbox did not answer."""

    def __init__(self, url: str):
        self._url = f"{url}/sandbox/faults"

    def faults(self) -> Faults | None:
        content = self._ask("GET", params={"last": LAST_USED})
        try:
            return content and Faults(
                tuple(Waiting(item["operation"], item["fault"], item["left"]) for item in content["waiting"]),
                tuple(
                    Used(item["operation"], item["fault"], shapes.read_instant(item["at"])) for item in content["used"]
                ),
            )
        except (KeyError, TypeError, Misshapen):
            return None

    def switch_on(self, operation: str, fault: str, details: dict[str, Any], *, times: int | None) -> bool:
        body = {"operation": operation, "fault": fault, "details": details, "times": times}
        return self._ask("POST", body=body) is not None

    def switch_all_off(self) -> bool:
        return self._ask("DELETE", body={}) is not None

    def _ask(self, method: str, *, params: dict | None = None, body: dict | None = None) -> dict[str, Any] | None:
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = Request(
            method, self._url, headers, params, content, connect_timeout=WITHIN, read_timeout=WITHIN
        )  # fmt: skip
        if not AT_ONCE.acquire(blocking=False):
            return None
        try:
            answer = exchange(request, Deadline(WITHIN))
        finally:
            AT_ONCE.release()
        if not isinstance(answer, Answer) or answer.status not in (200, 201):
            return None
        try:
            return shapes.read_object(answer)
        except Misshapen:
            return None
