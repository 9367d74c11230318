"""What lists and the search are found by"""

import sqlalchemy as sa
from alembic import op

revision = "0007_index_search"
down_revision = "0006_create_audit"


# Name, columns, and the rows that it holds (None: all).
NEW = (
    ("ix_assets_all_product_id", ("product_id", "purchased_on", "id"), None),
    ("ix_assets_branch_id_sync_status", ("branch_id", "sync_status", "purchased_on", "id", "lifecycle"), None),
    ("ix_assets_branch_id_product_id", ("branch_id", "product_id", "purchased_on", "id"), None),
    ("ix_assets_account_id_sync_status", ("account_id", "sync_status", "purchased_on", "id", "lifecycle"), None),
    ("ix_assets_account_id_product_id", ("account_id", "product_id", "purchased_on", "id"), None),
    ("ix_assets_all_sync_status", ("sync_status", "purchased_on", "id", "lifecycle"), None),
    ("ix_assets_cancelled", ("lifecycle", "purchased_on", "id"), "lifecycle = 'cancelled'"),
    ("ix_assets_asked", ("purchased_on", "id"), "asked_at IS NOT NULL"),
    ("ix_assets_branch_id_external_key", ("branch_id", "external_key"), "external_key IS NOT NULL"),
)
OLD = (
    ("ix_assets_product_id", ("product_id", "purchased_on", "id"), None),
    ("ix_assets_sync_status_name_key", ("sync_status", "name_key", "id"), None),
    ("ix_assets_sync_status_purchased_on", ("sync_status", "purchased_on", "id"), None),
    ("ix_assets_sync_status_quantity", ("sync_status", "quantity", "id"), None),
    ("ix_assets_sync_status_redeem_by", ("sync_status", "redeem_by", "id"), None),
)

# SQLite: full-text tables of trigrams, which hold no text themselves. A row's number is that of the asset or account.
# Whom it belongs to stands beside it as one trigram, so that what a person sees is cut out by the index, however much
# matches elsewhere.
OF_A_ROW = "char(131072 + {row}.{column} % 65536, 131072 + {row}.{column} / 65536, 46)"

# PostgreSQL: pg_trgm takes trigrams from letters and digits only, so that nothing would be known of `B-7`, which is
# part of a code. There each sign is read as a zero, and each hit is compared again with the code itself. Names have
# an index of their own of their signs (`R&D`, 🙂🙂🙂), and of all that is beyond ASCII.
CODE = "regexp_replace(lower(code), '[^a-z0-9]', '0', 'g')"
SIGNS = "string_to_array(regexp_replace(name_key, '[[:alnum:][:space:]]+', '', 'g'), NULL)"
GIN = (
    ("search_assets_name", "assets", "name_key gin_trgm_ops", None),
    ("search_assets_signs", "assets", f"({SIGNS})", None),
    ("search_accounts_name", "accounts", "name_key gin_trgm_ops", None),
    ("search_coupons_code", "coupons", f"({CODE}) gin_trgm_ops", "standing = 'recorded'"),
)


def upgrade() -> None:
    for name, *_ in OLD:
        op.drop_index(name, "assets")
    for index in NEW:
        _create(*index)
    unredeemed = sa.text("standing = 'recorded' AND redeemed_at IS NULL")
    op.create_index(
        "ix_coupons_unredeemed",
        "coupons",
        ["asset_id"],
        unique=True,
        sqlite_where=unredeemed,
        postgresql_where=unredeemed,
    )
    if op.get_bind().dialect.name == "sqlite":
        _create_full_text()
    else:
        _create_gin()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, *_ in _triggers():
            op.execute(f"DROP TRIGGER {name}")
        for table in ("search_assets", "search_codes", "search_accounts"):
            op.execute(f"DROP TABLE {table}")
    else:
        op.execute("DROP STATISTICS search_coupons_code_itself")
        op.execute("DROP STATISTICS search_coupons_code_read")
        for name, *_ in GIN:
            op.execute(f"DROP INDEX {name}")
    op.drop_index("ix_coupons_unredeemed", "coupons")
    for name, *_ in NEW:
        op.drop_index(name, "assets")
    for index in OLD:
        _create(*index)


def _create(name: str, columns: tuple[str, ...], where: str | None) -> None:
    rows = where and sa.text(where)
    op.create_index(name, "assets", list(columns), sqlite_where=rows, postgresql_where=rows)


def _create_full_text() -> None:
    options = "content='', columnsize=0, tokenize='trigram case_sensitive 1'"
    op.execute(f"CREATE VIRTUAL TABLE search_assets USING fts5(text, branch, account, {options})")
    op.execute(f"CREATE VIRTUAL TABLE search_codes USING fts5(text, branch, account, {options})")
    op.execute(f"CREATE VIRTUAL TABLE search_accounts USING fts5(text, {options})")
    for enter, rows in (
        (_enter_asset(), "assets AS new"),
        (_enter_code(), "coupons AS new WHERE new.standing = 'recorded'"),
        (_enter_account(), "accounts AS new"),
    ):
        op.execute(f"{enter} FROM {rows} ORDER BY 1")
    for name, when, *statements in _triggers():
        op.execute(f"CREATE TRIGGER {name} AFTER {when} BEGIN {'; '.join(statements)}; END")


def _triggers() -> list[tuple[str, ...]]:
    """Name, when, and what is done. The index is left by the very words that it was entered with."""
    moved = "old.branch_id <> new.branch_id OR old.account_id <> new.account_id"
    renamed = "old.name_key <> new.name_key"
    codes_of = "FROM coupons WHERE asset_id = new.id AND standing = 'recorded'"
    return [
        ("search_assets_insert", "INSERT ON assets", _enter_asset()),
        ("search_assets_delete", "DELETE ON assets", _leave_asset()),
        (
            "search_assets_update",
            f"UPDATE OF name_key, branch_id, account_id ON assets WHEN {renamed} OR {moved}",
            _leave_asset(),
            _enter_asset(),
        ),
        (
            "search_codes_move",
            f"UPDATE OF branch_id, account_id ON assets WHEN {moved}",
            "INSERT INTO search_codes (search_codes, rowid, text, branch, account) "
            f"SELECT 'delete', new.id, lower(code), {_scope('old')} {codes_of}",
            "INSERT INTO search_codes (rowid, text, branch, account) "
            f"SELECT new.id, lower(code), {_scope('new')} {codes_of}",
        ),
        ("search_codes_insert", "INSERT ON coupons WHEN new.standing = 'recorded'", _enter_code()),
        (
            "search_codes_update",
            "UPDATE OF standing ON coupons WHEN old.standing <> 'recorded' AND new.standing = 'recorded'",
            _enter_code(),
        ),
        ("search_accounts_insert", "INSERT ON accounts", _enter_account()),
        ("search_accounts_delete", "DELETE ON accounts", _leave_account()),
        (
            "search_accounts_update",
            f"UPDATE OF name_key ON accounts WHEN {renamed}",
            _leave_account(),
            _enter_account(),
        ),
    ]


def _scope(row: str) -> str:
    return ", ".join(OF_A_ROW.format(row=row, column=column) for column in ("branch_id", "account_id"))


# What enters a row can enter all rows as well: with "FROM assets AS new" behind it (see portal/demo/quick.py).
def _enter_asset() -> str:
    return f"INSERT INTO search_assets (rowid, text, branch, account) SELECT new.id, new.name_key, {_scope('new')}"


def _enter_code() -> str:
    owner = "(SELECT {} FROM assets WHERE id = new.asset_id)"
    branch, account = (
        owner.format(OF_A_ROW.format(row="assets", column=column)) for column in ("branch_id", "account_id")
    )
    return (
        "INSERT INTO search_codes (rowid, text, branch, account) "
        f"SELECT new.asset_id, lower(new.code), {branch}, {account}"
    )


def _enter_account() -> str:
    return "INSERT INTO search_accounts (rowid, text) SELECT new.id, new.name_key"


def _leave_asset() -> str:
    return (
        "INSERT INTO search_assets (search_assets, rowid, text, branch, account) "
        f"VALUES ('delete', old.id, old.name_key, {_scope('old')})"
    )


def _leave_account() -> str:
    return "INSERT INTO search_accounts (search_accounts, rowid, text) VALUES ('delete', old.id, old.name_key)"


def _create_gin() -> None:
    """With a short list of what is not yet sorted in, as every search reads through all of it."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, table, expression, where in GIN:
        rows = f"WHERE {where}" if where else ""
        op.execute(
            f"CREATE INDEX {name} ON {table} USING gin ({expression}) WITH (gin_pending_list_limit = 256) {rows}"
        )
    op.execute("CREATE STATISTICS search_coupons_code_itself ON (lower(code)) FROM coupons")
    op.execute(f"CREATE STATISTICS search_coupons_code_read ON ({CODE}) FROM coupons")
