"""Reads what the three runs of the tests wrote. A run that is missing, or ran nothing, is a failure."""

import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from install import ROOT

FOLDER = ROOT / "var" / "reports"
RUNS = ("sqlite", "postgresql", "browser")


@dataclass(frozen=True)
class Report:
    name: str
    tests: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0

    @property
    def passed(self) -> int:
        return self.tests - self.failed - self.skipped

    @property
    def problem(self) -> str | None:
        if self.passed + self.failed == 0:
            return f"The {self.name} tests did not run."
        return f"The {self.name} tests failed." if self.failed else None

    def __str__(self) -> str:
        return f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def path(name: str) -> Path:
    return FOLDER / f"{name}.xml"


def read(name: str) -> Report:
    if not path(name).is_file():
        return Report(name)
    suites = ElementTree.parse(path(name)).getroot().iter("testsuite")
    counts = [
        {key: float(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped", "time")}
        for suite in suites
    ]
    total = {key: sum(count[key] for count in counts) for key in counts[0]}
    return Report(
        name,
        tests=int(total["tests"]),
        failed=int(total["failures"] + total["errors"]),
        skipped=int(total["skipped"]),
        seconds=total["time"],
    )


def clear() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in [*FOLDER.glob("*.xml"), *FOLDER.glob("*.png")]:
        old.unlink()


def main() -> int:
    reports = [read(name) for name in RUNS]
    for report in reports:
        print(report)
    problems = [report.problem for report in reports if report.problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
