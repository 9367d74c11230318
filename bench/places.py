"""Folders and ports of a run."""

import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
DATA = BENCH / ".data"
PEERS_PYTHON = BENCH / ".venv" / "bin" / "python"
PYTHON = Path(sys.executable)
SECRET_KEY = "the bench guards nothing with it"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
