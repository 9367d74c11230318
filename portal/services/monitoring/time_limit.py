"""An answer in time, whatever hangs. For monitoring, which must not wait for a silent database."""

import threading
from collections.abc import Callable
from typing import Any

from flask import current_app

from portal.extensions import db


class _Question:
    """Runs once at a time. Whoever asks meanwhile gets the same answer, so nothing piles up behind a hanging one."""

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
    """Returns the result of `act`, run in a thread and context of its own, or `otherwise` if it takes too long. Raises
    what `act` raises."""
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
