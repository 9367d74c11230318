"""What a web process does about its memory."""

import ctypes

LARGE = 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def give_back_large_blocks() -> None:
    """Once a large block has been freed, glibc keeps what comes back of that size: the 19 MB that the hash of a
    password takes stayed with each process in which people had signed in. Other C libraries have no such call."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, 4 * LARGE)
