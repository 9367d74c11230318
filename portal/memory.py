"""The memory of web processes: what stands when the workers are forked is shared, what is large is given back."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def give_back_large_blocks() -> None:
    """Once a large block has been freed, glibc keeps what comes back of that size: the 19 MB that the hash of a
    password takes stayed with each process in which people had signed in. Other C libraries have no such call."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, 4 * LARGE)


@contextmanager
def shared() -> Iterator[None]:
    """For what stands for ever. To look through it again would copy it into each worker, and holes between it would be
    filled there, which copies what stands beside them."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
