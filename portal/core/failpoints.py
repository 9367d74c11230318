"""Named points that the purchase protocol passes. Only tests listen to them, to stop, slow down or kill it there.

A named transaction (`transaction("begin_send")`) passes two points of its own: before and after its commit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]

UNITS = (
    "reserve", "claim", "look first", "begin_send", "record_outcome", "recover", "look-up", "watch", "finish", "attach",
    "attest", "cancel", "confirm",
)  # fmt: skip
MAIL_UNITS = ("mail claim", "mail begin", "mail record")
"""Of mails; no purchase passes them."""
BEFORE_COMMIT, AFTER_COMMIT = "before commit", "after commit"
READ = "step: read"
"""The attempt was read. Decisions are based on this, and checked again when they are written."""
FIRST_BYTE = "send: first byte"
"""The connection is open, and nothing has been written to it."""
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
    """Until the block ends. The listener is called in the thread that hits the point; its exceptions are raised
    there."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
