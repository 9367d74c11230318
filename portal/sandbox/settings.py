from dataclasses import dataclass, fields, replace
from typing import Any, Self

KINDS = ("searchable", "idempotent", "blind")
CHANGEABLE = (
    "kind",
    "delay_ms",
    "rate",
    "ticket_seconds",
    "honours_not_after",
    "known_organizations_only",
    "clock_offset",
)


LONGEST_OFFSET = 3650 * 86_400


@dataclass(frozen=True)
class SandboxSettings:
    host: str = "127.0.0.1"
    port: int = 8377
    path: str = "var/sandbox.db"
    kind: str = "searchable"
    seed: int = 1
    email: str = "portal@distributor.example"
    password: str = "sandbox"
    delay_ms: int = 0
    rate: int = 0
    ticket_seconds: int = 3600
    honours_not_after: bool = True
    known_organizations_only: bool = False
    clock_offset: int = 0
    """Seconds by which the sandbox's clock is ahead; negative if behind."""
    threads: int = 64
    kills_clients: bool = False
    trusted_hosts: str = ""
    """Host names, separated by commas, that the control plane accepts in addition to this machine’s own."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not field.type:
                raise ValueError(f"{field.name} must be {field.type.__name__}, not {value!r}.")
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}.")
        for name in ("delay_ms", "rate"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative.")
        if abs(self.clock_offset) > LONGEST_OFFSET:
            raise ValueError("clock_offset must be less than ten years.")
        if self.ticket_seconds < 1 or self.threads < 1:
            raise ValueError("ticket_seconds and threads must be at least 1.")

    def changed(self, changes: dict[str, Any]) -> Self:
        if unknown := sorted(changes.keys() - set(CHANGEABLE)):
            raise ValueError(f"Cannot be changed: {', '.join(unknown)}.")
        return replace(self, **changes)

    def changeable(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in CHANGEABLE}
