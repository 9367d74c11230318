"""Names are ordered by the Unicode Collation Algorithm, and found without their accents"""

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

from portal.models.text_keys import collation_key, fold, search_key
from portal.models.types import sort_key, text_key

revision = "0019_add_name_sort"
down_revision = "0018_add_email_key"

BATCH = 5000
"""Rows that are read and written at once: about 3 MB."""
NAMED = ("accounts", "products", "assets", "users")
STAGED = ("staged_accounts", "staged_assets")
INDEXES = (
    ("ix_accounts_parent_id", "accounts", ("parent_id",)),
    ("ix_accounts_branch_id", "accounts", ("branch_id",)),
    ("ix_accounts_{}", "accounts", ()),
    ("ix_assets_all_{}", "assets", ()),
    ("ix_assets_branch_id_{}", "assets", ("branch_id",)),
    ("ix_assets_account_id_{}", "assets", ("account_id",)),
)
"""Of lists that are ordered by a name, which follow it and the id."""


def upgrade() -> None:
    drop_indexes("name_key")
    nothing = sa.text("x''" if op.get_bind().dialect.name == "sqlite" else "''")
    op.add_column("users", sa.Column("name_key", text_key(), nullable=False, server_default=""))
    for table in NAMED:
        op.add_column(table, sa.Column("name_sort", sort_key(), nullable=False, server_default=nothing))
    for table in STAGED:
        op.add_column(table, sa.Column("name_sort", sort_key(), nullable=True))
    for table in (*NAMED, *STAGED):
        keep_keys(table, name_key=search_key, name_sort=collation_key)
    create_indexes("name_sort")
    op.create_index("ix_users_name_sort", "users", ["name_sort", "id"])


def downgrade() -> None:
    op.drop_index("ix_users_name_sort", "users")
    drop_indexes("name_sort")
    for table in (*NAMED, *STAGED):
        op.drop_column(table, "name_sort")
    op.drop_column("users", "name_key")
    for table in ("accounts", "products", "assets", *STAGED):
        keep_keys(table, name_key=fold)
    create_indexes("name_key")


def keep_keys(table: str, **keys: Callable[[str], str | bytes]) -> None:
    """PostgreSQL would write each row anew and enter it into every index, which takes seven times as long as writing
    the table anew."""
    if op.get_bind().dialect.name == "postgresql":
        rewrite(table, keys)
        return
    for column, key_of in keys.items():
        for rows in batches(table):
            keyed = ((row, key_of(row.name)) for row in rows)
            write(table, column, [(row, key) for row, key in keyed if key != getattr(row, column, None)])


def rewrite(table: str, keys: dict[str, Callable[[str], str | bytes]]) -> None:
    """By way of a table of the names, each once."""
    types = {"name_key": 'varchar(200) COLLATE "C"', "name_sort": "bytea"}
    columns = ", ".join(f"{column} {types[column]}" for column in keys)
    op.execute(f"CREATE TEMPORARY TABLE key_of (name text PRIMARY KEY, {columns})")
    known = sa.table("key_of", sa.column("name"), *(sa.column(column) for column in keys))
    for names in batches_of_names(table):
        rows = [{"name": name} | {column: key_of(name) for column, key_of in keys.items()} for name in names]
        op.get_bind().execute(known.insert(), rows)
    changes = []
    for column in keys:
        look_up = f"SELECT {column} FROM pg_temp.key_of WHERE key_of.name = $1"
        op.execute(
            f"CREATE FUNCTION pg_temp.{column}_of(text) RETURNS {types[column].split()[0]} LANGUAGE sql STABLE "
            f"AS $$ {look_up} $$"
        )
        changes.append(f"ALTER COLUMN {column} TYPE {types[column]} USING pg_temp.{column}_of(name)")
    op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    for column in keys:
        op.execute(f"DROP FUNCTION pg_temp.{column}_of(text)")
    op.execute("DROP TABLE pg_temp.key_of")


def batches_of_names(table: str) -> Iterator[list[str]]:
    """Through a cursor of the server."""
    name = sa.column("name")
    rows = sa.select(name).select_from(sa.table(table)).where(name.is_not(None)).distinct()
    for part in op.get_bind().execute(rows.execution_options(yield_per=BATCH)).partitions():
        yield [row.name for row in part]


def batches(table: str) -> Iterator[list[sa.Row]]:
    of = numbers(table)
    place, last = sa.tuple_(*of), None
    named = sa.select(*of, sa.column("name"), sa.column("name_key")).select_from(sa.table(table))
    while True:
        rows = named.where(sa.column("name").is_not(None))
        rows = rows if last is None else rows.where(place > sa.tuple_(*last))
        found = list(op.get_bind().execute(rows.order_by(*of).limit(BATCH)))
        if not found:
            return
        yield found
        last = [sa.literal(value) for value in found[-1][: len(of)]]


def write(table: str, column: str, keys: list[tuple[sa.Row, str | bytes]]) -> None:
    if not keys:
        return
    of = numbers(table)
    given = sa.bindparam("key", type_=sort_key() if column == "name_sort" else text_key())
    rows = sa.table(table, *of, sa.column(column, given.type))
    is_it = (each == sa.bindparam(f"of_{each.name}") for each in of)
    values = [{f"of_{each.name}": getattr(row, each.name) for each in of} | {"key": key} for row, key in keys]
    op.get_bind().execute(rows.update().where(*is_it).values({column: given}), values)


def numbers(table: str) -> tuple[sa.ColumnClause[int], ...]:
    """The primary key."""
    names = ("import_id", "line") if table in STAGED else ("id",)
    return tuple(sa.column(name, sa.Integer()) for name in names)


def drop_indexes(column: str) -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name.format(column), table)


def create_indexes(column: str) -> None:
    for name, table, first in INDEXES:
        op.create_index(name.format(column), table, [*first, column, "id"])
