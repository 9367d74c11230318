"""A worker of the real portal on strings: it takes one step, and stands still at the points where it is told to."""

import threading
from collections.abc import Callable

from portal.core import failpoints

PATIENCE = 60


class Killed(BaseException):
    """The process is gone; nothing of it tidies up."""


class Puppet:
    def __init__(self, step: Callable[[], None]):
        self._step = step
        self._stops: tuple[str, ...] = ()
        self._raises: BaseException | None = None
        self._go, self._stands = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failure: Exception | None = None
        self.at: str | None = None
        """Where it stands; None: its step is over."""

    def run_to(self, *stops: str, raises: BaseException | None = None) -> str | None:
        """Goes on (or begins) until one of the points or the end of the step. Returns where it stands."""
        self._stops, self._raises, self.at = stops, raises, None
        self._stands.clear()
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.set()
        assert self._stands.wait(PATIENCE), f"it never came to {stops}"
        if self.failure is not None:
            raise self.failure
        return self.at

    def kill(self) -> None:
        self.run_to(raises=Killed())
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            with failpoints.listen(self._reached):
                self._step()
        except Killed:
            pass
        except Exception as failure:
            self.failure = failure
        finally:
            self.at = None
            self._stands.set()

    def _reached(self, point: str) -> None:
        if threading.current_thread() is not self._thread or point not in self._stops:
            return
        self.at = point
        self._stands.set()
        self._go.wait(PATIENCE)
        self._go.clear()
        if self._raises is not None:
            raise self._raises
