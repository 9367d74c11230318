"""What the floor does, as capture.py has heard it. Imports nothing of the portal."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.cases import Facts

BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"


@dataclass(frozen=True)
class Statement:
    sql: str
    parameters: Any = None
    moving: tuple = ()
    """Places of the parameters that grow by one with each repetition: versions."""

    @property
    def is_work(self) -> bool:
        return not self.sql.startswith((BEGIN, COMMIT, ROLLBACK))


@dataclass(frozen=True)
class Plan:
    facts: Facts
    statements: dict[str, list[Statement]]
    """By the name of the case, with a term’s number where it has several."""

    def write(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        return pickle.loads(path.read_bytes())
