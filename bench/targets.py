"""Those that are measured, each a gunicorn of its own with two sync workers and nothing else that differs."""

import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser
from bench.cases import Case, Facts
from bench.data import Data
from bench.places import BENCH, PEERS_PYTHON, PYTHON, ROOT, SECRET_KEY, free_port

WORKERS = 2
_APPLICATIONS = {
    "portal": "wsgi:app",
    "before": "wsgi:app",
    "floor": "bench.floor:create()",
    "django": "peers.django_site:application",
    "flask-admin": "peers.flask_admin_site:application",
}


@dataclass
class Target:
    name: str
    port: int
    process: subprocess.Popen
    staff: Browser
    partner: Browser
    size: int
    """Of the data, in assets."""

    @property
    def pages(self) -> str:
        """Whose pages it has."""
        return "portal" if self.name == "before" else self.name

    def browser(self, case: Case) -> Browser:
        return self.partner if case.as_partner else self.staff

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def memory(self) -> tuple[float, float]:
        """RSS and PSS of the larger of the workers, in MB."""
        return max((_memory(pid) for pid in self.workers()), default=(0.0, 0.0))


@contextmanager
def started(names: tuple[str, ...], data: Data, plan: Path, facts: Facts, before: Path | None = None):
    """`before`: an older checkout of the portal, for the target of that name."""
    with ExitStack() as stack:
        found = [stack.enter_context(_running(name, data, plan, before)) for name in names]
        for target in found:
            _sign_in(target, data, facts)
        yield found


@contextmanager
def _running(name: str, data: Data, plan: Path, before: Path | None):
    port = free_port()
    is_peer = name in ("django", "flask-admin")
    python, folder = (PEERS_PYTHON, BENCH) if is_peer else (PYTHON, before if name == "before" else ROOT)
    env = data.env | {"BENCH_PLAN": str(plan), "PORT": str(port)}
    if name == "django":
        subprocess.run([python, "-m", "peers.django_site", "prepare"], cwd=folder, env=env, check=True)
    command = [
        python, "-m", "gunicorn", _APPLICATIONS[name], "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--worker-class", "sync", "--timeout", "600", "--preload",
        "--no-control-socket",
    ]  # fmt: skip
    with open(data.folder / f"{name}.log", "wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    target = Target(name, port, process, Browser(port), Browser(port), data.size)
    try:
        _wait(target, data.folder / f"{name}.log")
        yield target
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(target: Target, log: Path) -> None:
    path = {"django": "/admin/login/", "flask-admin": "/sign-in"}.get(target.name, "/healthz")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and target.process.poll() is None:
        try:
            if target.staff.get(path).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{target.name} did not start: {log.read_text(errors='replace')[-2000:]}")


def _sign_in(target: Target, data: Data, facts: Facts) -> None:
    if target.pages == "portal":
        for browser, email in ((target.staff, facts.staff_email), (target.partner, facts.largest_partner_email)):
            _expect(browser.submit("/sign-in", email=email, password=data.password).status, 303)
    elif target.name == "django":
        _expect(target.staff.submit("/admin/login/?next=/admin/", username="bench", password=SECRET_KEY).status, 302)
        target.partner = target.staff
    elif target.name == "flask-admin":
        _expect(target.staff.submit("/sign-in", email=facts.staff_email).status, 302)
        target.partner = target.staff


def _expect(status: int, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"the sign-in answered {status}, not {wanted}")


def _memory(pid: int) -> tuple[float, float]:
    """PSS counts what processes share only in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith(" kB")}
    return sizes["Rss"], sizes["Pss"]
