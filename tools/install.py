"""`install.py requirements-dev.txt`: makes .venv hold exactly what the file pins. Does nothing if it already does."""

import hashlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# requirements-dev.txt holds all of requirements.txt too.
CONTAINED = {"requirements-dev.txt": ["requirements-dev.txt", "requirements.txt"]}


class Failed(Exception):
    """One sentence for the person who typed `make`."""


def install(name: str) -> None:
    wanted = _fingerprint(name)
    if _runs() and _stamp(name).is_file() and _stamp(name).read_text() == wanted:
        return
    print(f"Installing {name} into .venv …", flush=True)
    # No stamp while it is under way: what was interrupted is done again.
    for file in CONTAINED["requirements-dev.txt"]:
        _stamp(file).unlink(missing_ok=True)
    _make_venv()
    # The files name all that is needed, so pip looks for no more: one package is there for the files it carries alone.
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    if subprocess.call([*pip, "--requirement", ROOT / name]):
        raise Failed(f"The packages in {name} could not be installed; pip said why above.")
    for file in CONTAINED.get(name, [name]):
        _stamp(file).write_text(_fingerprint(file))


def _make_venv() -> None:
    if _runs():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "venv", VENV]):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Failed("Python could not create .venv; on Debian, `apt-get install python3-venv` brings what it needs.")


def _runs() -> bool:
    """Whether .venv has a working Python and pip (the one it was made from may have gone, or the making was cut)."""
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def _stamp(name: str) -> Path:
    return VENV / f"installed-{name}"


def _fingerprint(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def stop_on_signals() -> None:
    """Ends this process and the child it waits for, also where a script started us with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


if __name__ == "__main__":
    stop_on_signals()
    try:
        install(sys.argv[1])
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
