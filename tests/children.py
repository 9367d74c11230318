"""Processes that a test starts end with it, even if it is killed."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
"""Loaded beforehand: between fork and exec there may be no lock to be had."""


def ends_with_parent(how: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """For `preexec_fn`, or to be called in a forked child. The parent is the thread that started it."""
    parent = os.getpid()

    def arrange() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:  # it was killed a moment ago
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange
