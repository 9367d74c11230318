"""Sees to it that there is a browser for tests/e2e."""

import os
import shutil
import subprocess

from install import Failed

SENTENCE = (
    "The browser tests need chromium: install it (on Debian: apt-get install chromium) and run `make test` again."
)


def ensure() -> None:
    if shutil.which("chromium"):
        return
    prefix = _rights()
    if prefix is None or not shutil.which("apt-get"):
        raise Failed(SENTENCE)
    print("Installing chromium …", flush=True)
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        # What a failed update means shows in the install.
        subprocess.call([*prefix, "apt-get", *arguments], stdout=subprocess.DEVNULL)
    if not shutil.which("chromium"):
        raise Failed(f"chromium could not be installed; apt-get said why above. {SENTENCE}")


def _rights() -> list[str] | None:
    """What to put before apt-get; None if we may not install."""
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return environment
    has_sudo = shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0
    return ["sudo", "-n", *environment] if has_sudo else None
