"""Answers as JSON and back: the worker passes them to the page through the database."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

from portal.core import errors

Kind = TypeVar("Kind")


def packed(value: Any) -> Any:
    """Takes a dataclass of texts, numbers, instants, lists and other dataclasses."""
    return _plain(asdict(value))


def unpacked(kind: type[Kind], packed_values: dict[str, Any], **others: Any) -> Kind:
    """`others` replace packed fields."""
    return kind(**{each.name: _read(each.type, packed_values[each.name]) for each in fields(kind)} | others)


def packed_refusal(refusal: errors.DomainError) -> dict[str, Any]:
    link = list(refusal.link) if refusal.link else None
    return {"refusal": type(refusal).__name__, "message": str(refusal.message), "link": link} | (
        {name: getattr(refusal, name) for name in ("field", "seconds") if hasattr(refusal, name)}
    )


def refusal_of(answer: dict[str, Any]) -> errors.DomainError:
    kind = getattr(errors, answer["refusal"])
    link = tuple(answer["link"]) if answer["link"] else None
    if kind is errors.InvalidInput:
        return kind(answer["field"], answer["message"], link=link)
    if kind is errors.BudgetSpent:
        return kind(answer["message"], answer["seconds"])
    return kind(answer["message"], link=link)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: Any, value: Any) -> Any:
    if isinstance(value, str) and kind in (datetime, datetime | None):
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
