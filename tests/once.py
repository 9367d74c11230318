"""What is worked out once for a whole run: by the first of its processes that asks; the others read what it found."""

import fcntl
import pickle
from collections.abc import Callable
from typing import Any

from tests import folders


def once(name: str, work_out: Callable[[], Any]) -> Any:
    """Whoever comes meanwhile waits. `name` must say all that the result depends on."""
    folder = folders.of_the_run("once")
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = folder / name
        if not found.exists():
            found.write_bytes(pickle.dumps(work_out()))
        return pickle.loads(found.read_bytes())
