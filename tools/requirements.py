"""`make requirements`: compiles the hashed lists anew. What is pinned stays, unless its .in file asks for another."""

import subprocess
import sys

from install import PYTHON, ROOT

# For every Python from 3.11 on and every platform. The lists name packages and hashes, not where they come from.
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-header"]
OPTIONS += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]


def main() -> int:
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "uv"]
    if subprocess.call(pip):
        return 1
    for name in ("requirements", "requirements-dev", "bench/requirements"):
        compile_ = [PYTHON, "-m", "uv", "pip", "compile", *OPTIONS, f"{name}.in", "-o", f"{name}.txt"]
        if subprocess.call(compile_, cwd=ROOT):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
