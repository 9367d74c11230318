"""An answer in time, whatever hangs. For monitoring, which must not wait for a database that says nothing."""

import threading
from collections.abc import Callable
from typing import Any

from flask import current_app

from portal.extensions import db


class _Question:
    """One at a time: those who ask meanwhile get the same answer, so that nothing piles up behind a hanging one."""

    def __init__(self, app, act: Callable[[], Any]):
        self._app, self._act = app, act
        self.answer: Any = None
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="timely")
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self.is_open

    def _run(self) -> None:
        with self._app.app_context():
            try:
                self.answer = self._act()
            except Exception as failure:
                self.failure = failure
            finally:
                db.session.remove()


def within(seconds: float, name: str, act: Callable[[], Any], otherwise: Any) -> Any:
    """What `act` returns in a thread and a context of its own, or `otherwise` once the time is over."""
    app = current_app._get_current_object()
    questions, lock = app.extensions.setdefault("timely", ({}, threading.Lock()))
    with lock:
        question = questions.get(name)
        if question is None or not question.is_open:
            question = questions[name] = _Question(app, act)
    if not question.wait(seconds):
        return otherwise
    if question.failure is not None:
        raise question.failure
    return question.answer
