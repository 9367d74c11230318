"""Generated data to measure on: `flask demo`, on SQLite kept for the next run, on PostgreSQL made anew."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.places import DATA, PYTHON, ROOT, SECRET_KEY, free_port


@dataclass(frozen=True)
class Data:
    database: str
    size: int
    folder: Path
    url: str
    sandbox_port: int = field(default_factory=free_port)

    @property
    def env(self) -> dict[str, str]:
        """Of every portal process; nothing of the caller's own settings gets in."""
        ours = {
            "DATABASE_URL": self.url, "DATA_DIR": str(self.folder), "SECRET_KEY": SECRET_KEY, "FLASK_APP": "wsgi",
            "SANDBOX_PORT": str(self.sandbox_port),
        }  # fmt: skip
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | ours

    @property
    def password(self) -> str:
        return (self.folder / "demo-password").read_text().strip()

    def flask(self, *arguments: str) -> None:
        subprocess.run(
            [PYTHON, "-m", "flask", *arguments], cwd=ROOT, env=self.env, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def fill(self) -> float:
        """Returns how many seconds the demo took."""
        self.flask("db", "upgrade")
        begun = time.monotonic()
        self.flask("demo", "--assets", str(self.size))
        return time.monotonic() - begun


@contextmanager
def prepared(database: str, size: int) -> Iterator[tuple[Data, float | None]]:
    """With the seconds that filling it took, if it had to be filled."""
    folder = DATA / f"{database}-{size}"
    if database == "sqlite":
        data = Data(database, size, folder, f"sqlite:///{folder / 'portal.db'}")
        if (folder / "complete").exists():
            data.flask("db", "upgrade")
            yield data, None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seconds = data.fill()
        (folder / "complete").touch()
        yield data, seconds
        return
    from tests.postgres import Server  # starts a server of our own, which the tests use, too

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    server = Server()
    try:
        data = Data(database, size, folder, server.url(server.create()))
        yield data, data.fill()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
