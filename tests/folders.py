"""Folders for what has to survive nothing. Each is named after its process: those of killed ones are swept."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "portal-tests-"
MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3


def temporary() -> Path:
    """With a short path: a socket's may have 107 bytes."""
    return _make(Path(tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"))


def in_memory() -> Path:
    """Where there is room for it: nobody waits for a disk there. Otherwise a temporary one."""
    return _make(MEMORY) if _has_room(MEMORY) else temporary()


def of_the_run(name: str) -> Path:
    """One for all processes of a run, the workers of xdist included; it goes with the process that began the run."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    parent = MEMORY if _has_room(MEMORY) else Path(tempfile.gettempdir())
    folder = parent / f"{PREFIX}{os.getppid() if is_worker else os.getpid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not is_worker:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _make(parent: Path) -> Path:
    for folder in parent.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))


def _has_room(parent: Path) -> bool:
    try:
        return os.access(parent, os.W_OK) and shutil.disk_usage(parent).free > ROOM
    except OSError:
        return False
