"""A process that has loaded the portal once and forks the web and worker processes of tests, which start with a tenth
of the CPU time.

What is loaded reads no environment: each process makes its app after the fork, from its own. `python -m
tests.e2e.fork_server` reads one request a line, answers each with a line, and ends with its input.
"""

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from jinja2 import FileSystemBytecodeCache

from portal.core import languages
from portal.models import text_keys
from portal.web import templating
from tests import pseudo
from tests.children import ends_with_parent
from tests.settings import ROOT

COMMANDS = ("gunicorn.app.wsgiapp", "portal.serving", "flask.cli", "portal.commands.worker")


class ForkServer:
    def __init__(self, templates: Path):
        """Templates are compiled into this folder, once for all processes."""
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.fork_server", str(templates)], cwd=ROOT, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, preexec_fn=ends_with_parent(),
        )  # fmt: skip

    def stop(self) -> None:
        self._server.communicate()

    def start(self, arguments: list[str], env: dict[str, str], log: Path) -> "Forked":
        """`python -m` with these arguments."""
        return Forked(self, arguments, self.ask({"arguments": arguments, "env": env, "log": str(log)}))

    def ask(self, request: dict) -> int | None:
        self._server.stdin.write(json.dumps(request) + "\n")
        return json.loads(self._server.stdout.readline())


class Forked:
    """Leads a process group. Has what tests use of subprocess.Popen."""

    def __init__(self, server: ForkServer, arguments: list[str], pid: int):
        self.args, self.pid = arguments, pid
        self._server = server
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._server.ask({"pid": self.pid})
        return self._code

    def wait(self, timeout: float = 60) -> int:
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(0.01)
        return self._code


def main(templates: str) -> None:
    for name in COMMANDS:
        importlib.import_module(name)
    text_keys.load()
    templating.Environment = partial(templating.Environment, bytecode_cache=FileSystemBytecodeCache(templates))
    gc.freeze()
    arrange = ends_with_parent()
    for line in sys.stdin:
        request = json.loads(line)
        if "pid" in request:
            answer = _exit_code(request["pid"])
        elif not (answer := os.fork()):
            os.setpgid(0, 0)
            arrange()
            return _run(**request)
        else:
            os.setpgid(answer, answer)  # whoever is told the process may signal its group at once
        print(json.dumps(answer), flush=True)


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _run(arguments: list[str], env: dict[str, str], log: str) -> None:
    """In the forked process; returns, or raises, as its main module does."""
    with open(os.devnull) as nothing, open(log, "ab") as written:
        os.dup2(nothing.fileno(), 0)
        for number in (1, 2):
            os.dup2(written.fileno(), number)
    os.environ.clear()
    os.environ.update(env)
    if "PSEUDO_LOCALES" in env:
        languages.OFFERED.update(pseudo.LOCALES)
    sys.argv[1:] = arguments[1:]
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
