"""The second half of `make run`, on .venv's Python: migrate, load the demo, run the processes of the Procfile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread, Timer
from urllib.request import ProxyHandler, build_opener

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Popen, Process
from install import PYTHON, ROOT, Failed, stop_on_signals

PATIENCE = 60  # seconds until the first answer
STOP = {signal.SIGINT, signal.SIGTERM}
KILL_AFTER = 8  # seconds after the request to stop


class Output(Printer):
    def write(self, message):
        with suppress(OSError):  # the terminal, or the program behind a pipe, may be gone
            super().write(message)


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, flush=True)


class Child(Process):
    """Born with the stop signals blocked, so that Ctrl-C during the start reaches only the manager."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._child_ctor = partial(Popen, preexec_fn=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOP))


class Processes(Manager):
    """honcho's manager, which ends all when one ends. Remembers who did, and survives a signal during the start."""

    ended_alone: str | None = None
    is_silent = False

    def __init__(self, announce: Callable[["Processes"], None]):
        super().__init__(Output())
        self._process_ctor = Child
        self._announce = announce

    def _start(self):
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))  # the terminal was closed
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        super()._start()  # forks, so that no thread may run before
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)
        _in_background(Thread(target=self._announce, args=(self,)))

    def terminate(self):
        if not self._all_started():
            Timer(0.1, self.terminate).start()
            return
        if not self._terminating:
            self.ended_alone = next((name for name, it in self._processes.items() if "returncode" in it), None)
            _in_background(Timer(KILL_AFTER, self.kill))
        super().terminate()

    def give_up(self) -> None:
        self.is_silent = True
        self.terminate()

    def outcome(self) -> int:
        if self.is_silent:
            raise Failed(f"The portal gave no answer within {PATIENCE} seconds and was stopped; its words stand above.")
        if self.ended_alone:
            raise Failed(f"The {self.ended_alone} process ended by itself, so all were stopped; its words stand above.")
        _say("Stopped.")
        return 0


def main() -> int:
    _set_up_environment()
    _flask("db", "upgrade", problem="The database could not be brought up to date; the reason stands above.")
    _flask("demo", "--if-empty", problem="The demo data could not be loaded; the reason stands above.")
    sign_ins = _sign_ins()
    processes = Processes(partial(_announce, sign_ins))
    for name, command in _commands().items():
        processes.add_process(name, command)
    processes.loop()
    return processes.outcome()


def _set_up_environment() -> None:
    os.chdir(ROOT)
    os.environ.update(
        PATH=f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        FLASK_APP="wsgi",
        PYTHONUNBUFFERED="1",
        GUNICORN_CMD_ARGS="--graceful-timeout 3",  # nobody waits for a trial's last requests
    )


def _flask(*arguments: str, problem: str) -> None:
    if subprocess.call([PYTHON, "-m", "flask", *arguments], start_new_session=True):
        raise Failed(problem)


def _sign_ins() -> str:
    """Empty where the database holds no demo."""
    command = [PYTHON, "-m", "flask", "demo", "--sign-ins"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, start_new_session=True).stdout.rstrip()


def _commands() -> dict[str, str]:
    commands = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    if os.environ.get("BITTITAN_URL", "").strip():
        del commands["sandbox"]
    return {
        name: command if name == "web" else f"exec python tools/keep.py {name}" for name, command in commands.items()
    }


def _announce(sign_ins: str, processes: Processes) -> None:
    url = f"http://127.0.0.1:{os.environ.get('PORT', '').strip() or 8000}"
    deadline = time.monotonic() + PATIENCE
    while not _answers(f"{url}/healthz"):
        if processes._terminating:
            return
        if time.monotonic() > deadline:
            return processes.give_up()
        time.sleep(0.1)
    _say(f"\nThe portal is ready: {url}\n\n{sign_ins}\n\nCtrl-C stops it.\n")


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _in_background(thread: Thread) -> None:
    thread.daemon = True
    thread.start()


if __name__ == "__main__":
    stop_on_signals()  # until the processes run; then honcho's own handlers end them first
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
