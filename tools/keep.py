"""Keeps `make run` alive when a process beside the web ends: the worker is started again, the sandbox on request.

BitTitan may go away at any time, so trying that out (stop the sandbox, press, start it again) must not stop the portal.
"""

import signal
import subprocess
import sys
import time

RESTART_AFTER = 2  # seconds
GONE = (
    "The sandbox has ended; the portal goes on without it, as it would without BitTitan. "
    "To start it again: .venv/bin/flask --app wsgi sandbox"
)


def main(name: str) -> int:
    is_stopping = False

    def stop(*_) -> None:  # the child is in the same process group and was asked, too
        nonlocal is_stopping
        is_stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while not is_stopping:
        subprocess.call([sys.executable, "-m", "flask", name])
        if is_stopping:
            break
        if name == "sandbox":
            print(GONE, flush=True)
            while not is_stopping:
                time.sleep(0.2)
        else:
            print(f"The {name} has ended by itself and is started again.", flush=True)
            time.sleep(RESTART_AFTER)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
