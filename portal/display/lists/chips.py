from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """A small link that narrows what a list shows."""

    text: str
    href: str
    count: str | None = None
    is_current: bool = False
    id: str | None = None
