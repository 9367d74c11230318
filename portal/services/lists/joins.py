"""What SQLite’s planner has to be told. It does not know how many rows a full-text search finds, and may begin with the
whole table: `CROSS JOIN` keeps our order. PostgreSQL knows."""

from typing import Any

from sqlalchemy import CTE, Boolean, ColumnElement, CompoundSelect, Select, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Join


class InOrder(Join):
    """The left side first, and for each of its rows the right one."""

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _cross_join(join: InOrder, compiler: SQLCompiler, asfrom: bool = True, **options: Any) -> str:
    left, right = (compiler.process(side, asfrom=True, **options) for side in (join.left, join.right))
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause, **options)}"


def in_order(left: Any, right: Any, on: ColumnElement[bool]) -> InOrder:
    return InOrder(getattr(left, "__table__", left), getattr(right, "__table__", right), on)


class Apart(FunctionElement[bool]):
    """A condition for what has been found already: its own index, which may lead to very many, is not looked at."""

    type = Boolean()
    inherit_cache = True


@compiles(Apart)
def _plain(apart: Apart, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(apart.clauses, **options)


@compiles(Apart, "sqlite")
def _no_term(apart: Apart, compiler: SQLCompiler, **options: Any) -> str:
    return f"+({compiler.process(apart.clauses, **options)})"


def first(rows: Select | CompoundSelect, number: int) -> Select | CompoundSelect:
    """The limit is written out: of a bound one SQLite would not know that it is small. So is the offset, which would
    be bound there, too, and each use of a full-text index with a bound one is planned anew."""
    return rows.limit(literal_column(str(number))).offset(literal_column("0"))


def materialized(rows: Select | CompoundSelect, name: str) -> CTE:
    """Found once, whoever reads it, and apart from what it is joined with."""
    return rows.cte(name).prefix_with("MATERIALIZED")
