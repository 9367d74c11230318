"""Charts of columns, drawn by the server: places in percent of the width, heights in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, BASE, TOP = 123.0, 145.0, 22.0
MOST_LABELS = 6
MOST_VALUES = 8
_GAP = 0.28
"""Of the width of a column."""


@dataclass(frozen=True)
class Part:
    tone: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    x: str
    width: str
    middle: str
    parts: list[Part]
    label: str
    """Below; empty where there is no room."""
    value: str
    """Above; empty where there is no room."""
    top: str
    is_faint: bool


@dataclass(frozen=True)
class Bar:
    """What a column shows."""

    label: str
    parts: Sequence[tuple[str, int]]
    """Tone and value, from below."""
    value: str = ""
    is_faint: bool = False


def columns(bars: Sequence[Bar]) -> list[Column]:
    highest = max((sum(max(value, 0) for _, value in bar.parts) for bar in bars), default=0) or 1
    every = -(-len(bars) // MOST_LABELS) if bars else 1
    width = 100 / max(len(bars), 1)
    drawn = []
    for place, bar in enumerate(bars):
        parts, top = _stacked(bar, highest)
        drawn.append(
            Column(
                f"{place * width + width * _GAP / 2:.2f}%",
                f"{width * (1 - _GAP):.2f}%",
                f"{(place + 0.5) * width:.2f}%",
                parts,
                bar.label if place % every == 0 else "",
                bar.value if len(bars) <= MOST_VALUES else "",
                f"{top - 6:.1f}",
                bar.is_faint,
            )
        )
    return drawn


def _stacked(bar: Bar, highest: int) -> tuple[list[Part], float]:
    parts, top = [], BASE
    for tone, value in bar.parts:
        if value <= 0:
            continue
        height = max(value / highest * HEIGHT, 1.0)
        top -= height
        parts.append(Part(tone, f"{top:.1f}", f"{max(height - 1, 0.5):.1f}"))
    return parts, top
