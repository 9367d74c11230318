"""Units of several threads in one transaction: a commit waits for the disk, and so fewer of them wait.

Whoever comes first writes what all bring who have come meanwhile; nobody goes on before it is committed. All of it is
committed or nothing is; where anything is unusual, each does its own unit alone. Only for speed: nothing rests on it.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask, current_app

from portal.services import points, unit

log = logging.getLogger(__name__)

MOST = 64
"""Jobs in one transaction, so that nobody waits long for the others."""

Write = Callable[[list[Hashable]], dict[Hashable, Any]]
"""Inside a unit: writes the jobs that are plain and says what came of each; what it leaves out is done alone."""


class _Place:
    def __init__(self, name: str, write: Write, job: Hashable):
        self.name, self.write, self.job = name, write, job
        self.is_over, self.result = False, None


class _Line:
    def __init__(self):
        self._turn = threading.Lock()
        self._waiting: deque[_Place] = deque()

    def join(self, place: _Place) -> Any:
        self._waiting.append(place)
        with self._turn:
            while not place.is_over:
                self._write([self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))])
        return place.result

    def _write(self, places: list[_Place]) -> None:
        try:
            results = _commit(places)
            for place in places:
                place.result = results[place.write].get(place.job)
        except Exception:
            log.info("%d units could not be written together; each is written alone", len(places), exc_info=True)
        finally:
            for place in places:
                place.is_over = True


_lines: WeakKeyDictionary[Flask, _Line] = WeakKeyDictionary()
os.register_at_fork(after_in_child=_lines.clear)  # those who wait in it are not there


def join(name: str, write: Write, job: Hashable) -> Any:
    """What `write` says of the job, once it is committed; None: nothing was written of it. The name is the unit's."""
    result = _lines.setdefault(current_app._get_current_object(), _Line()).join(_Place(name, write, job))
    if result is not None:
        points.reach(f"{name}: {points.AFTER_COMMIT}")
    return result


def _commit(places: list[_Place]) -> dict[Write, dict[Hashable, Any]]:
    with unit.writing():
        results = {write: write([each.job for each in places if each.write is write]) for write in _writes(places)}
        for name in dict.fromkeys(place.name for place in places if place.job in results[place.write]):
            points.reach(f"{name}: {points.BEFORE_COMMIT}")
    return results


def _writes(places: list[_Place]) -> list[Write]:
    return list(dict.fromkeys(place.write for place in places))
