"""Labelled points that the protocol passes. Nobody listens to them but tests, which stop, slow or kill it there.

A transaction that has a name (`transaction("begin_send")`) passes two of its own: before its commit and after it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]

UNITS = (
    "reserve", "claim", "look first", "begin_send", "record_outcome", "recover", "look-up", "watch", "finish", "attach",
    "attest", "cancel", "confirm",
)  # fmt: skip
BEFORE_COMMIT, AFTER_COMMIT = "before commit", "after commit"
READ = "step: read"
"""The attempt was read; what is done about it is decided on that, and checked again where it is written."""
FIRST_BYTE = "send: first byte"
"""The connection stands and nothing has been written to it."""
ANSWER_READ = "send: answer read"
ASKED = "search: asked"
ANSWERED = "search: answered"

FAILPOINTS = (
    *(f"{name}: {when}" for name in UNITS for when in (BEFORE_COMMIT, AFTER_COMMIT)),
    READ,
    FIRST_BYTE,
    ANSWER_READ,
    ASKED,
    ANSWERED,
)

_listeners: list[Listener] = []


def hit(point: str) -> None:
    for listener in tuple(_listeners):
        listener(point)


@contextmanager
def listen(listener: Listener) -> Iterator[None]:
    """Until the block ends. Called in the thread that is there; what the listener raises comes out of the point."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
