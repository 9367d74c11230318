"""The queue of faults: which one the next call meets. What each does stands in `plays`."""

import json
from typing import Any

from . import times
from .errors import STATUS, Problem
from .operations import OPERATIONS
from .sqlite import sqlite3
from .store import Store

EFFECTS = {"copies": 1, "hidden_seconds": 0.0, "ignore_deadline": False}
REFUSAL = {
    "status": 0,
    "code": "InternalError",
    "message": "Refused on purpose.",
    "retry_after": "",
    "fields": {},
}

# Each fault with its details and what they are unless given.
FAULTS: dict[str, dict[str, Any]] = {
    "refuse": REFUSAL | {"code": "Forbidden"},
    "fail_before": REFUSAL,
    "fail_after": REFUSAL | EFFECTS,
    "drop_before": {"reset": False},
    "drop_after": {"reset": False} | EFFECTS,
    "timeout_before": {"seconds": 30.0},
    "timeout_after": {"seconds": 30.0} | EFFECTS,
    "late": {"seconds": 5.0} | EFFECTS,
    "truncate": {"framing": "length", "keep": 0.5} | EFFECTS,
    "drip": {"every_ms": 100.0, "head": False} | EFFECTS,
    "oversized": {"size": 102_400} | EFFECTS,
    "gzip": {"size": 50_000_000} | EFFECTS,
    "html": {"status": 502, "commit": False} | EFFECTS,
    "redirect": {"status": 302, "location": "/v1/coupons", "commit": False} | EFFECTS,
    "answer": {"status": 200, "body": "", "content_type": "application/json", "commit": True} | EFFECTS,
    "lie": {"fields": {}, "without": [], "status": 0} | EFFECTS,
    "mask": {"fields": {}} | EFFECTS,
    "mix_up": {"marks": "code"} | EFFECTS,
    "respell": EFFECTS,
    "lag": {"seconds": 5.0} | EFFECTS,
    "lie_search": {},
    "duplicate": EFFECTS | {"copies": 2},
    "kill": {"when": "before"} | EFFECTS,
    "kill_client": {"group": 0, "at": "read"} | EFFECTS,
}
ONLY_FOR = {
    "lag": "createCoupon",
    "duplicate": "createCoupon",
    "mask": "createCoupon",
    "mix_up": "createCoupon",
    "lie_search": "searchCoupons",
}
CHOICES = {
    "marks": ("code", "id", "both"),
    "framing": ("length", "chunked", "close"),
    "when": ("before", "after"),
    "at": ("accepted", "read", "done", "half answered"),
}
CONNECT = "connect"
"""No operation: a connection that was just accepted and from which nothing has been read."""


class FaultQueue:
    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, *, operation: str, fault: str, match: str | None, left: int | None, details: dict) -> dict:
        if operation not in (*OPERATIONS, "*", CONNECT):
            raise Problem("InvalidRequest", f"There is no operation {operation!r}.")
        if fault not in FAULTS:
            raise Problem("InvalidRequest", f"There is no fault {fault!r}; there are {', '.join(FAULTS)}.")
        if ONLY_FOR.get(fault, operation) != operation:
            raise Problem("InvalidRequest", f"{fault} is for {ONLY_FOR[fault]} only.")
        if (operation == CONNECT) != (details.get("at") == "accepted"):
            raise Problem("InvalidRequest", f'{CONNECT} goes with kill_client at "accepted", and only with it.')
        _check(fault, details)
        row = {
            "operation": operation,
            "fault": fault,
            "match": match,
            "left": left,
            "details": json.dumps(details),
        }
        id = self.store.insert("faults", row)
        return _shown(self.store.row("SELECT * FROM faults WHERE id = ?", id))

    def take(self, operation: str, reference: str | None, request_id: str) -> dict | None:
        waiting = """SELECT * FROM faults WHERE operation IN (?, ?) AND (match IS NULL OR match = ?)
                     AND (left IS NULL OR left > 0) ORDER BY id LIMIT 1"""
        every = operation if operation == CONNECT else "*"
        with self.store.lock:
            if not (row := self.store.row(waiting, operation, every, reference)):
                return None
            with self.store.writing():
                self.store.rows("UPDATE faults SET left = left - 1 WHERE id = ?", row["id"])
                use = {"at": times.text(times.true()), "fault_id": row["id"], "fault": row["fault"]}
                use |= {"operation": operation, "reference": reference, "request_id": request_id}
                self.store.insert("fault_uses", use)
        return _shown(row)

    def clear(self) -> None:
        with self.store.writing():
            self.store.rows("DELETE FROM faults")

    def waiting(self) -> list[dict]:
        rows = self.store.rows("SELECT * FROM faults WHERE left IS NULL OR left > 0 ORDER BY id")
        return [_shown(row) for row in rows]

    def used(self, last: int | None = None) -> list[dict]:
        """All, or the last so many; oldest first."""
        most = -1 if last is None else last
        rows = self.store.rows("SELECT * FROM fault_uses ORDER BY sequence DESC LIMIT ?", most)
        return [dict(row) for row in reversed(rows)]


def _shown(row: sqlite3.Row) -> dict:
    return dict(row) | {"details": FAULTS[row["fault"]] | json.loads(row["details"])}


def _check(fault: str, details: dict) -> None:
    allowed = FAULTS[fault]
    for name, value in details.items():
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            raise Problem("InvalidRequest", f"{fault} has no detail {name!r}; there are {known}.")
        kind = (int, float) if isinstance(allowed[name], float) else type(allowed[name])
        if not isinstance(value, kind) or value not in CHOICES.get(name, (value,)):
            raise Problem("InvalidRequest", f"The detail {name!r} of {fault} cannot be {value!r}.")
    if (allowed | details).get("group", 2) < 2:
        raise Problem("InvalidRequest", "The group must be that of the process to kill.")
    code = details.get("code")
    if code is not None and code not in STATUS and not details.get("status"):
        raise Problem("InvalidRequest", f"The code {code!r} needs a status.")
