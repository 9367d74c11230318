"""A call that was checked against the contract, and its answer."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    operation: str
    request_id: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> Any:
        return self.values["body"]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
