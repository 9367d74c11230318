"""The queue of faults: decides which one the next call meets."""

import json
from collections.abc import Set

from .. import times
from ..errors import Problem
from ..storage.sqlite import sqlite3
from ..storage.store import Store
from .catalog import CONNECT, FAULTS, ONLY_FOR, check_details


class FaultQueue:
    def __init__(self, store: Store, operations: Set[str]) -> None:
        self.store = store
        self.operations = operations

    def put(self, *, operation: str, fault: str, match: str | None, left: int | None, details: dict) -> dict:
        if operation not in self.operations | {"*", CONNECT}:
            raise Problem("InvalidRequest", f"There is no operation {operation!r}.")
        if fault not in FAULTS:
            raise Problem("InvalidRequest", f"There is no fault {fault!r}; there are {', '.join(FAULTS)}.")
        if ONLY_FOR.get(fault, operation) != operation:
            raise Problem("InvalidRequest", f"{fault} is for {ONLY_FOR[fault]} only.")
        if (operation == CONNECT) != (details.get("at") == "accepted"):
            raise Problem("InvalidRequest", f'{CONNECT} goes with kill_client at "accepted", and only with it.')
        check_details(fault, details)
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
        wildcard = operation if operation == CONNECT else "*"
        with self.store.lock:
            if not (row := self.store.row(waiting, operation, wildcard, reference)):
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
        """Returns all used faults, or only the `last` ones; oldest first."""
        most = -1 if last is None else last
        rows = self.store.rows("SELECT * FROM fault_uses ORDER BY sequence DESC LIMIT ?", most)
        return [dict(row) for row in reversed(rows)]


def _shown(row: sqlite3.Row) -> dict:
    return dict(row) | {"details": FAULTS[row["fault"]] | json.loads(row["details"])}
