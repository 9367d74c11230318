"""`make bench`: see README.md beside this file."""

import hashlib
import subprocess
import sys
import threading
import time

from bench import report
from bench.cases import cases
from bench.data import Data, prepared
from bench.measure import take_turns
from bench.options import Options, read
from bench.places import BENCH, PEERS_PYTHON, PYTHON, ROOT
from bench.plan import Plan
from bench.provisioning import measure
from bench.report import Run
from bench.targets import Target, started


def main() -> None:
    options = read()
    if options.record and options.pages:
        sys.exit("RECORD rewrites the figures of all pages, so it goes without PAGES.")
    if {"django", "flask-admin"} & set(options.targets):
        _install_peers()
    runs = []
    for database in options.databases:
        for size in options.sizes:
            _say(f"{database}, {size:,} assets: preparing the data")
            with prepared(database, size) as (data, seconds):
                runs.append(_run(data, seconds, options))
    text = report.markdown(runs, report.machine(options.turns))
    sys.stdout.write(f"\n{text}\n")
    if options.record:
        report.record(text)


def _run(data: Data, seconds: float | None, options: Options) -> Run:
    run, path = Run(data.database, data.size, seconds), data.folder / "plan"
    subprocess.run([PYTHON, "-m", "bench.capture", path], cwd=ROOT, env=data.env, check=True)
    plan = Plan.read(path)
    run.cases = [case for case in cases(plan.facts) if not options.pages or case.name in options.pages]
    asked = {case.name: plan.statements[case.turn_name(0)] for case in run.cases}
    run.statements = {name: sum(it.is_work for it in found) for name, found in asked.items()}
    with started(options.targets, data, path, plan.facts, options.before) as targets:
        for case in run.cases:
            _say(f"{data.database}, {data.size:,} assets: {case.title}")
            with _Watch(targets) as watch:
                found = run.timings[case.name] = take_turns(case, targets, options)
            _say(", ".join(f"{name} {timing.p50:.1f} ms" for name, timing in found.items()))
            if case.is_export:
                run.export_memory = watch.grown
        run.memory = {target.name: target.memory() for target in targets}
    if options.purchases and data.size == min(options.sizes):
        _say(f"{data.database}: provisioning")
        run.provisioning = measure(data, options.purchases)
    return run


class _Watch:
    """The memory of the portal's workers, looked at all the while."""

    def __init__(self, targets: list[Target]):
        self._portal = next(target for target in targets if target.name == "portal")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.grown = 0.0

    def __enter__(self):
        self._idle = self._portal.memory()[0]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            self.grown = max(self.grown, self._portal.memory()[0] - self._idle)


def _install_peers() -> None:
    """What the portal is measured against never gets into the portal's own environment."""
    pins = BENCH / "requirements.txt"
    stamp, wanted = PEERS_PYTHON.parent.parent / "installed", hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    _say("installing Django and Flask-Admin into bench/.venv")
    subprocess.run([PYTHON, "-m", "venv", "--clear", BENCH / ".venv"], check=True)
    pip = [PEERS_PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "--requirement", pins], check=True)
    stamp.write_text(wanted)


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
