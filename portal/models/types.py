"""Column types that all models share."""

import enum
from datetime import UTC, datetime

from sqlalchemy import DateTime, Enum, LargeBinary, String
from sqlalchemy.types import TypeDecorator

from portal.models.text_keys import LONGEST, LONGEST_SORT


class UTCDateTime(TypeDecorator):
    """An aware instant in UTC. SQLite stores it as text of fixed width, so that text order is time order. Raises
    ValueError for a naive datetime."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(kind: type[enum.Enum], name: str | None = None) -> Enum:
    """Stores an enum as its value in a string column with a CHECK, the same on both databases. `name`: of the CHECK,
    where it is not the enum's."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        create_constraint=True,
        name=name or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def text_key(most: int = LONGEST) -> String:
    """A column for a key of text, such as `search_key(name)`; both databases compare it by code point."""
    return String(most).with_variant(String(most, collation="C"), "postgresql")


def sort_key() -> LargeBinary:
    """A column for `collation_key(name)`; both databases compare bytes alike."""
    return LargeBinary(LONGEST_SORT)
