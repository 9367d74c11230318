"""What `make bench` was asked for. Options come from the environment, as in `make bench SIZES=10000`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

DATABASES = ("sqlite", "postgresql")
PAGES = (
    "first", "page-1000", "last", "failed", "partner", "code", "account", "queue", "cause",
    "orders", "order", "shop", "basket", "detail", "save", "csv",
)  # fmt: skip
TARGETS = ("portal", "before", "floor", "django", "flask-admin")


@dataclass(frozen=True)
class Options:
    sizes: tuple[int, ...]
    databases: tuple[str, ...]
    targets: tuple[str, ...]
    turns: int
    """How often each target is asked for each page."""
    patience: float
    """Seconds for one page of one target; who is slower is asked less often."""
    purchases: int
    """For the provisioning figures; 0 leaves them out."""
    before: Path | None
    """An older checkout of the portal, asked in turn with this one."""
    pages: tuple[str, ...]
    """By the names of cases.py; empty for all."""
    record: bool
    """The figures go into docs/performance.md, too."""


def read(env: dict[str, str] = os.environ) -> Options:
    quick = env.get("QUICK", "") not in ("", "0", "no")
    before = Path(env["BEFORE"]).resolve() if env.get("BEFORE") else None
    everything = ",".join(name for name in TARGETS if before or name != "before")
    targets = "portal,before,floor" if before else "portal,floor"
    return Options(
        sizes=_numbers(env.get("SIZES") or ("2500" if quick else "10000,1000000")),
        databases=_words("DATABASES", env.get("DATABASES") or ("sqlite" if quick else ",".join(DATABASES)), DATABASES),
        targets=_words("TARGETS", env.get("TARGETS") or (targets if quick or before else everything), TARGETS),
        turns=_numbers(env.get("TURNS") or ("5" if quick else "60"))[0],
        patience=_numbers(env.get("PATIENCE") or ("3" if quick else "30"))[0],
        purchases=_numbers(env.get("PURCHASES") or ("60" if quick else "1500"))[0],
        before=before,
        pages=_words("PAGES", env.get("PAGES", ""), PAGES),
        record=env.get("RECORD", "") not in ("", "0", "no"),
    )


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip().replace("_", "") for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        sys.exit(f"“{text}” is no list of whole numbers, such as 10000,1000000.")
    return tuple(sorted(int(part) for part in parts))


def _words(name: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if unknown := [word for word in words if word not in known]:
        sys.exit(f"{name}: “{unknown[0]}” is none of {', '.join(known)}.")
    return tuple(word for word in known if word in words)
