"""The real thing: gunicorn, `flask worker` and the sandbox as processes of their own, on free ports."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import requests
from flask import Flask
from honcho.environ import parse_procfile

from tests.apps import opened
from tests.children import ends_with_parent
from tests.e2e.fork_server import Forked, ForkServer
from tests.sandbox_process import SandboxProcess, free_port
from tests.settings import ROOT, make_env, make_settings

PATIENCE = 60


class PortalProcess:
    def __init__(self, database_url: str, folder: Path, *, has_worker: bool = True, **env: str):
        self.folder = folder
        self.has_worker = has_worker
        self.database_url = database_url
        self.port = free_port()
        self.sandbox = SandboxProcess(folder)
        self._overrides = {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox.port)} | env
        self._processes: dict[str, subprocess.Popen | Forked] = {}
        self._opened = ExitStack()

    def __enter__(self) -> "PortalProcess":
        try:
            self.start_sandbox()
            self.start_web()
            if self.has_worker:
                self.start_worker()
            self._wait_until(self._answers)
            self._wait_until(self._is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self._end(name, signal.SIGTERM)
        self.sandbox.stop()
        self._opened.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def app(self) -> Flask:
        """The same portal in this process, for the makers of rows: `World(server.app)`."""
        return self._opened.enter_context(opened(make_settings(self.database_url, self.folder, **self._overrides)))

    def flask(self, *arguments: str) -> str:
        """What the command printed; fails if it did."""
        command = [sys.executable, "-m", "flask", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self._env, text=True, check=True, stdout=subprocess.PIPE).stdout

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start_web(self) -> None:
        self._start("web")

    def stop_web(self) -> None:
        self._end("web", signal.SIGTERM)

    def start_worker(self) -> None:
        self._start("worker")

    def stop_worker(self) -> None:
        self._end("worker", signal.SIGTERM)

    def kill_worker(self) -> None:
        self._end("worker", signal.SIGKILL)

    def start_sandbox(self) -> None:
        self.sandbox.start()

    def stop_sandbox(self) -> None:
        """It keeps its file: started again, it still has its coupons."""
        self.sandbox.stop()

    def command(self, name: str) -> str:
        return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)[name]

    @cached_property
    def _env(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"PATH": path, "PYTHONUNBUFFERED": "1", "FLASK_APP": "wsgi"}
        return os.environ | make_env(self.database_url, self.folder, **self._overrides) | ours

    def _start(self, name: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self._processes[name] = subprocess.Popen(
                ["sh", "-c", self.command(name)], cwd=ROOT, env=self._env, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=ends_with_parent(),
            )  # fmt: skip

    def _end(self, name: str, how: signal.Signals) -> None:
        process = self._processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"{name} did not end within 10 s of {how.name}:\n{self.log(name)}") from None

    def _wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended ({shlex.join(process.args)}):\n{self.log(name)}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"The portal gave no answer within {PATIENCE} s:\n{self.log('web')}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def _is_ready(self) -> bool:
        return requests.get(f"{self.url}/readyz", timeout=PATIENCE).json()["worker"]["ok"] or not self.has_worker


class ForkedPortal(PortalProcess):
    """The same commands of the Procfile, forked by a process that has loaded them."""

    def __init__(self, server: ForkServer, *place: str | Path, **options: bool):
        super().__init__(*place, **options)
        self._server = server

    def _start(self, name: str) -> None:
        words = self.command(name).replace("exec python -m", "printf '%s\\n'")  # by the shell, as it reads variables
        arguments = subprocess.check_output(["sh", "-c", words], env=self._env, text=True).splitlines()
        self._processes[name] = self._server.start(arguments, self._env, self.folder / f"{name}.log")
