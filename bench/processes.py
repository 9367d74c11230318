"""What a process takes, as Linux tells it; and a line that is printed at once."""

import os
import sys
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds of the processor so far, the kernel's for it included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def queued(pid: int) -> float:
    """Seconds so far that its threads were ready and waited for a processor."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9


def memory(pid: int) -> float:
    """MB that are resident now."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> float:
    """MB that were resident at most."""
    return _status(pid, "VmHWM")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
