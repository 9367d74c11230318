"""Exit codes: 0 done, 2 refused, 3 not found, 4 conflict, 5 unavailable."""

from collections.abc import Callable
from typing import Any, NoReturn

import click

from portal.services.errors import Conflict, DomainError, NotVisible, StaleVersion, Unavailable

_CODES = ((NotVisible, 3), (Conflict, 4), (StaleVersion, 4), (Unavailable, 5))


def carry_out(act: Callable, *args: Any, **values: Any) -> Any:
    """Calls the service; a "no" is one sentence on standard error and an exit code."""
    try:
        return act(*args, **values)
    except DomainError as refusal:
        stop(next((code for kind, code in _CODES if isinstance(refusal, kind)), 2), str(refusal.message))


def stop(code: int, sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)
