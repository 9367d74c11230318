"""Somebody who reads pages, one after the other, while something else goes on. The web is served as in the Procfile."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from bench.browser import Browser
from bench.data import Data
from bench.places import PYTHON, ROOT, free_port
from tests.people import PASSWORD

ASSETS = "/bss/billing/assets"
PAUSE = 0.1
"""Seconds between two pages."""
WARM = 10
"""Turns that do not count."""


@dataclass
class Pages:
    """What some turns took: milliseconds by the name of the page."""

    took: dict[str, list[float]] = field(default_factory=dict)
    cpu: float = 0.0
    """Seconds that the web used."""
    queued: float = 0.0
    """Seconds that the web and the reader waited for a processor."""

    @property
    def count(self) -> int:
        return sum(map(len, self.took.values()))

    def __str__(self) -> str:
        took = sum(map(sum, self.took.values())) / self.count
        cpu, queued = 1000 * self.cpu / self.count, 1000 * self.queued / self.count
        return f"{took:.1f} ms (mean), {cpu:.1f} of the web’s processor, {queued:.1f} waiting for a processor"


class Reader:
    def __init__(self, process: subprocess.Popen, port: int, asset_id: int):
        self._process, self._browser = process, Browser(port)
        self._addresses = {"list": ASSETS, "asset": f"{ASSETS}/{asset_id}", "queue": "/bss/"}

    def sign_in(self, email: str) -> None:
        self._wait()
        if (status := self._browser.submit("/sign-in", email=email, password=PASSWORD).status) != 303:
            raise RuntimeError(f"the sign-in answered {status}")
        for _turn in range(WARM):
            self.read(Pages())

    def read(self, pages: Pages) -> None:
        """Each page once."""
        for name, address in self._addresses.items():
            used, queued = self._sum(processes.cpu), self._queued()
            answer = self._browser.get(address)
            pages.cpu += self._sum(processes.cpu) - used
            pages.queued += self._queued() - queued
            if answer.status != 200:
                raise RuntimeError(f"{address} answered {answer.status}")
            pages.took.setdefault(name, []).append(1000 * answer.seconds)
            time.sleep(PAUSE)

    def read_for(self, seconds: float) -> Pages:
        pages, until = Pages(), time.monotonic() + seconds
        while time.monotonic() < until:
            self.read(pages)
        return pages

    def _queued(self) -> float:
        return self._sum(processes.queued) + processes.queued(os.getpid())

    def _sum(self, of: Callable[[int], float]) -> float:
        tasks = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return sum(map(of, map(int, tasks.read_text().split())))

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self._browser.get("/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the web did not start")


@contextmanager
def reading(data: Data, *, email: str, asset_id: int) -> Iterator[Reader]:
    port = free_port()
    command = [
        PYTHON, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "portal.serving.Worker",
        "--workers", "2", "--threads", "4", "--preload", "--no-control-socket",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=data.env, stderr=subprocess.DEVNULL)
    try:
        reader = Reader(process, port, asset_id)
        reader.sign_in(email)
        yield reader
    finally:
        process.terminate()
        process.wait()


def say(alone: Pages, meanwhile: Pages) -> None:
    for name, before in alone.took.items():
        first, then = statistics.median(before), statistics.median(meanwhile.took[name])
        processes.say(f"page {name}: {first:.1f} ms alone, {then:.1f} meanwhile: {then / first:.2f} times")
    processes.say(f"a page alone: {alone}")
    processes.say(f"a page meanwhile: {meanwhile}")
