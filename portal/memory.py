"""Limits the memory that a web process keeps."""

import ctypes

LARGE = 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def give_back_large_blocks() -> None:
    """Makes glibc return large freed blocks to the system. By default it keeps them: each process in which people had
    signed in kept the 19 MB that hashing a password takes. Does nothing with other C libraries."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, 4 * LARGE)
