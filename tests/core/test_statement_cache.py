"""Statements that are kept: one for each shape of what is asked, with the values of the moment."""

from dataclasses import dataclass

from sqlalchemy import Select, column, select

from portal.core.statement_cache import StatementArgs, cached_statement, structural


@dataclass(frozen=True)
class Wanted(StatementArgs):
    name: str | None = None
    parent: "Wanted | None" = None
    word: str = structural("")


@cached_statement
def statement(wanted: Wanted, limit: int) -> Select:
    rows = select(column("id")).limit(limit)
    if wanted.name is not None:
        rows = rows.where(column("name") == wanted.name)
    if wanted.parent is not None:
        rows = rows.where(column("parent") == wanted.parent.name)
    return rows.where(column("word") == wanted.word)


def test_one_statement_serves_all_values():
    first, values = statement(Wanted("a", Wanted("b")), 5)
    second, others = statement(Wanted("c", Wanted("d")), 5)
    assert first is second
    assert list(values.values()) == ["a", "b"]
    assert list(others.values()) == ["c", "d"]
    assert set(values) <= set(first.compile().params)


def test_another_shape_is_another_statement():
    shapes = [(Wanted("a"), 5), (Wanted(), 5), (Wanted("a"), 6), (Wanted("a", word="w"), 5), (Wanted("a", Wanted()), 5)]
    assert len({id(statement(*shape)[0]) for shape in shapes}) == len(shapes)
