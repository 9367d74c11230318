"""Exit codes: 0 done, 2 refused, 3 not found, 4 conflict, 5 unavailable, 6 found differences."""

from collections.abc import Callable
from typing import Any, NoReturn

import click

from portal.core.errors import (
    AttemptOpen,
    Conflict,
    DomainError,
    NotVisible,
    StaleVersion,
    Unavailable,
)

_CODES = ((NotVisible, 3), (Conflict, 4), (AttemptOpen, 4), (StaleVersion, 4), (Unavailable, 5))

_PLAIN = {
    3: "There is nothing by that name.",
    4: "Its state does not allow that now; nothing was changed.",
    5: "There was no good answer from BitTitan; nothing was changed.",
}


def carry_out(act: Callable, *args: Any, **values: Any) -> Any:
    """Calls the service `act`. On a DomainError prints one sentence on standard error and exits with its code."""
    try:
        return act(*args, **values)
    except DomainError as refusal:
        code = next((code for kind, code in _CODES if isinstance(refusal, kind)), 2)
        stop(code, str(refusal.message) or _PLAIN.get(code, "That is not possible; nothing was changed."))


def stop(code: int, sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)
