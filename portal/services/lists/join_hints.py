"""Hints for SQLite’s planner. It does not know how many rows a full-text search finds, and may begin with the whole
table; `CROSS JOIN` keeps our order. PostgreSQL needs no hints.
"""

from typing import Any

from sqlalchemy import CTE, Boolean, ColumnElement, CompoundSelect, Select, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Join


class InOrder(Join):
    """Reads the left side first, and for each of its rows the right one."""

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _cross_join(join: InOrder, compiler: SQLCompiler, asfrom: bool = True, **options: Any) -> str:
    left, right = (compiler.process(side, asfrom=True, **options) for side in (join.left, join.right))
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause, **options)}"


def in_order(left: Any, right: Any, on: ColumnElement[bool]) -> InOrder:
    return InOrder(getattr(left, "__table__", left), getattr(right, "__table__", right), on)


class Apart(FunctionElement[bool]):
    """A condition on rows that were already found. Its own index, which may lead to very many rows, is not used."""

    type = Boolean()
    inherit_cache = True


@compiles(Apart)
def _plain(apart: Apart, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(apart.clauses, **options)})"


@compiles(Apart, "sqlite")
def _no_term(apart: Apart, compiler: SQLCompiler, **options: Any) -> str:
    return f"+({compiler.process(apart.clauses, **options)})"


def first(rows: Select | CompoundSelect, number: int) -> Select | CompoundSelect:
    """Writes the limit as a literal: SQLite cannot know that a bound one is small. The offset is a literal, too: SQLite
    plans each use of a full-text index with a bound one again."""
    return rows.limit(literal_column(str(number))).offset(literal_column("0"))


def materialized(rows: Select | CompoundSelect, name: str) -> CTE:
    """Computed once, however often it is read, and separately from what it is joined with."""
    return rows.cte(name).prefix_with("MATERIALIZED")
