"""A real sandbox process, and the client of its control plane (`portal/sandbox/control.py`)."""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from tests.children import ends_with_parent

PORTAL = Path(__file__).resolve().parent.parent / "portal"
EMAIL = "portal@distributor.example"
PASSWORD = "sandbox"
MAILBOX_LICENSE = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01"
USER_MIGRATION_BUNDLE = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"
UNAVAILABLE = 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SandboxProcess:
    """`SandboxProcess(tmp_path, kind="blind", seed=7)`: any field of SandboxSettings may be given."""

    def __init__(self, folder: Path, *, port: int | None = None, **settings: Any) -> None:
        self.folder = Path(folder)
        self.port = port or free_port()
        self.settings = {"path": str(self.folder / "sandbox.db")} | settings
        self.log = self.folder / "sandbox.log"
        self._process: subprocess.Popen | None = None
        self.control = Control(self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def path(self) -> str:
        return self.settings["path"]

    def __enter__(self) -> "SandboxProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, within: float = 60) -> "SandboxProcess":
        # As a package of its own: it needs nothing of the portal, and starts in a fraction of the time.
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), *self._options()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=PORTAL, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=ends_with_parent(),
            )  # fmt: skip
        atexit.register(self.kill)
        deadline = time.monotonic() + within
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The sandbox did not start: {self.log.read_text()}")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self, **settings: Any) -> "SandboxProcess":
        self.stop()
        self.settings |= settings
        return self.start()

    def wait(self, timeout: float = 60) -> int:
        """Until it has ended by itself, as after a `kill` fault."""
        code = self._process.wait(timeout)
        self.kill()
        return code

    def pause(self) -> None:
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)

    def _options(self) -> list[str]:
        options = []
        for name, value in self.settings.items():
            option = name.replace("_", "-")
            if isinstance(value, bool):
                options.append(f"--{option}" if value else f"--no-{option}")
            else:
                options += [f"--{option}", str(value)]
        return options

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/v1/health", timeout=1).ok
        except requests.RequestException:
            return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.kill)
        if process.poll() is None and how is signal.SIGINT:
            process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Control:
    def __init__(self, port: int) -> None:
        self._port = port

    def reset(self) -> None:
        self._call("POST", "/reset")

    def configure(self, **settings: Any) -> dict[str, Any]:
        return self._call("POST", "/settings", settings)

    def settings(self) -> dict[str, Any]:
        return self._call("GET", "/settings")

    def fault(
        self, operation: str, fault: str, match: str | None = None, times: int | None = 1, **details: Any
    ) -> dict[str, Any]:
        body = {"operation": operation, "fault": fault, "match": match, "times": times, "details": details}
        return self._call("POST", "/faults", body)

    def faults(self) -> list[dict[str, Any]]:
        return self._call("GET", "/faults")["waiting"]

    def used_faults(self) -> list[dict[str, Any]]:
        return self._call("GET", "/faults")["used"]

    def clear_faults(self) -> None:
        self._call("DELETE", "/faults")

    def journal(self, **filters: Any) -> list[dict[str, Any]]:
        return self._call("GET", "/journal", filters)["entries"]

    def purchases(self, reference: str | None = None) -> list[dict[str, Any]]:
        filters = {"reference": reference} if reference is not None else {}
        return self.journal(what="created", **filters)

    def coupons(self, reference: str | None = None) -> list[dict[str, Any]]:
        filters = {"reference": reference} if reference is not None else {}
        return self._call("GET", "/coupons", filters)["coupons"]

    def put_coupons(self, coupons: list[dict[str, Any]]) -> int:
        return self._call("PUT", "/coupons", {"coupons": coupons})["put"]

    def redeem(self, code: str) -> dict[str, Any]:
        return self._call("POST", "/coupons/redeem", {"code": code})

    def expire(self, code: str) -> dict[str, Any]:
        return self._call("POST", "/coupons/expire", {"code": code})

    def release_calls(self) -> None:
        self._call("POST", "/calls/release")

    def expire_tickets(self) -> None:
        self._call("POST", "/tickets/expire")

    def _call(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        """Without the comforts of a client: each test calls, some of them a thousand times."""
        path = f"/sandbox{path}"
        if method == "GET":
            path, body = f"{path}?{urlencode(given or {})}", None
        else:
            body = json.dumps(given or {})
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text)
