"""`make run`: looks first whether everything can work, installs what is missing, then hands over to serve.py.

Runs on the machine's own Python, before .venv exists: standard library only.
"""

import errno
import os
import secrets
import socket
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

from install import PYTHON, ROOT, Failed, install, stop_on_signals


def main() -> None:
    os.chdir(ROOT)
    data_dir = _data_dir()
    _check_ports()
    install("requirements.txt")
    _keep_keys(data_dir)
    os.execv(PYTHON, [PYTHON, ROOT / "tools" / "serve.py"])


def _data_dir() -> Path:
    # The defaults here are those of portal/config.py, which cannot be imported yet.
    path = Path(os.environ.get("DATA_DIR", "").strip() or "var").absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)  # coupon codes are money
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise Failed(
            f"DATA_DIR: {path} cannot be written ({error.strerror}). Name another: DATA_DIR=~/portal make run"
        ) from error
    return path


def _check_ports() -> None:
    ports = {"PORT": _port("PORT", 8000)}
    if not os.environ.get("BITTITAN_URL", "").strip():
        ports["SANDBOX_PORT"] = _port("SANDBOX_PORT", 8377)
    if len(set(ports.values())) < len(ports):
        raise Failed("PORT and SANDBOX_PORT must be different numbers.")
    for name, port in ports.items():
        _check_free(name, port)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Failed(f"{name} must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def _check_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            problem = "is taken by another program" if taken else f"cannot be used ({error.strerror})"
            raise Failed(f"{name}: {port} {problem}. Name another: {name}={port % 64000 + 1025} make run") from error


def _keep_keys(data_dir: Path) -> None:
    """Random keys for the demo, made once; portal/config.py reads them when the settings of that name are missing."""
    _keep(data_dir / "secret-key", secrets.token_urlsafe(48))
    _keep(data_dir / "credential-keys", f"1:{b64encode(secrets.token_bytes(32)).decode()}")


def _keep(path: Path, content: str) -> None:
    if path.exists():
        return
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with open(handle, "w") as file:
        file.write(content)
    os.replace(draft, path)


if __name__ == "__main__":
    stop_on_signals()
    try:
        main()
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
