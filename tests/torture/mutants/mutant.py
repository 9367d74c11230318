"""The portal, made wrong on purpose: what is changed where, and the test that must notice."""

from dataclasses import dataclass

SERVICES = "tests/services"


@dataclass(frozen=True)
class Mutant:
    file: str
    changes: tuple[tuple[str, str], ...]
    """Text that stands there exactly once, and what stands there instead."""
    owner: str


def mutant(file: str, owner: str, *texts: str) -> Mutant:
    return Mutant(file, tuple(zip(texts[::2], texts[1::2], strict=True)), owner)
