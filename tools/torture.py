"""`make torture`: the long proof in tests/torture, on each database. Every lot follows the seed that is printed."""

import argparse
import os
import random
import subprocess
import sys
import time

from install import PYTHON, ROOT, Failed, stop_on_signals

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    options = _options()
    os.chdir(ROOT)
    again = f"make torture SEED={options.seed} AMOUNT={options.amount:g}" + (
        f" ONLY='{options.only}'" * bool(options.only)
    )
    print(f"{again}\n", flush=True)
    failed = [name for name in options.databases if not _run(name, options)]
    print("\n" + "=" * 40)
    print(f"Failed on {', '.join(failed)}. The same again: {again}" if failed else f"All is well: {again}", flush=True)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amount", type=float, default=1, help="how much of it: 1 is all, 0.1 a tenth of the rounds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(
        "--only", default="", help="names of tests, as after pytest’s -k: “mutants”, “model or property”"
    )
    parser.add_argument("--database", dest="databases", choices=DATABASES, nargs="+", default=list(DATABASES))
    return parser.parse_args()


def _run(database: str, options: argparse.Namespace) -> bool:
    """What needs no database is marked `sqlite`, so it runs once."""
    print(f"=== {database}", flush=True)
    begun = time.monotonic()
    command = [PYTHON, "-m", "pytest", "-v", "--durations=10", f"--database={database}", f"--seed={options.seed}"]
    command += [f"--torture={options.amount}", *(["-k", options.only] if options.only else []), "tests/torture"]
    code = subprocess.call(command)
    print(f"=== {database}: exit code {code} after {time.monotonic() - begun:.0f} s", flush=True)
    return code == 0 or (code == NOTHING_TO_RUN and database != options.databases[0])


NOTHING_TO_RUN = 5


if __name__ == "__main__":
    stop_on_signals()
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
