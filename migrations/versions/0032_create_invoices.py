"""Invoices, their stored documents, and the counters of their numbers"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, text_key

revision = "0032_create_invoices"
down_revision = "0031_describe_company"

allow = runpy.run_path(str(Path(__file__).with_name("0014_create_requests.py")))["_allow"]
KINDS = ("invoice", "pdf")
CATEGORIES = ("S", "Z", "E", "AE", "G", "O", "K")
CAUSES = ("not-delivered", "cancelled", "price", "quantity", "tax", "other")
IS_DRAFT, IS_ISSUED = sa.text("number IS NULL"), sa.text("number IS NOT NULL")
IS_OPEN = sa.text("number IS NOT NULL AND paid_at IS NULL")
IS_CREDIT_NOTE, HAS_PO_NUMBER = sa.text("kind = 'credit-note'"), sa.text("po_key <> ''")
IS_BILLED = sa.text("credits_line_id IS NULL AND credited < quantity")
OF_BUYERS = {"postcode": 20, "city": 100}
FIXED = {
    "invoices": (
        "number IS NOT NULL",
        "key", "kind", "number", "number_key", "order_id", "corrects_id", "cause", "reason", "buyer_name", "buyer_key",
        "language", "currency", "po_number", "po_key", "issued_on", "due_on", "period_from", "period_until",
        "lines_count", "licences", "net", "vat", "gross", "home_currency", "home_vat", "exchange_rate", "content",
        "made_by_id", "made_at", "issued_by_id", "issued_at",
    ),
    "invoice_lines": (
        "is_issued",
        "invoice_id", "position", "order_line_id", "asset_id", "credits_line_id", "quantity", "unit_price",
        "product_code", "product_name", "recipient", "description", "delivered_on", "undelivered_reason", "tax_code",
        "category", "rate", "is_issued",
    ),
}  # fmt: skip
"""By table: what makes a row an issued one, and the columns that never change from then on. A merge of accounts moves
`billed_account_id`; payments and credit notes change what is settled and credited."""
NEVER = ("invoice_taxes", "invoice_documents")
"""Their rows are never changed or deleted."""


def upgrade() -> None:
    _create_invoices()
    _create_lines()
    _create_stored_parts()
    for table in ("accounts", "staged_accounts"):
        for name, most in OF_BUYERS.items():
            op.add_column(table, sa.Column(name, sa.String(length=most), nullable=True))
    op.add_column("company", sa.Column("electronic_address", sa.String(length=120), nullable=True))
    op.add_column("order_lines", sa.Column("non_billable_reason", sa.Text(), nullable=True))
    allow(lambda kinds: [*kinds, *KINDS])
    for table, (issued, *columns) in FIXED.items():
        changed = " OR ".join(f"new.{name} {_differs()} old.{name}" for name in columns)
        _guard(f"{table}_update", table, "UPDATE", f"old.{issued} AND ({changed})")
        _guard(f"{table}_delete", table, "DELETE", f"old.{issued}")
    for table in NEVER:
        for act in ("UPDATE", "DELETE"):
            _guard(f"{table}_{act.lower()}", table, act, None)


def downgrade() -> None:
    """Accounts keep what they are billed for with the orders; the invoices are gone."""
    for name, table in _guards():
        _unguard(name, table)
    for table in ("invoice_documents", "invoice_taxes", "invoice_lines", "invoices", "invoice_series"):
        op.drop_table(table)
    op.drop_column("order_lines", "non_billable_reason")
    op.drop_column("company", "electronic_address")
    for table in ("staged_accounts", "accounts"):
        for name in OF_BUYERS:
            op.drop_column(table, name)
    op.execute("DELETE FROM work_items WHERE kind IN ('invoice', 'pdf')")
    allow(lambda kinds: [kind for kind in kinds if kind not in KINDS])


def _create_invoices() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("kind", _word("invoicekind", "invoice", "credit-note"), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("kind", _word("invoicekind", "invoice", "credit-note"), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("number_key", text_key(), nullable=True),
        sa.Column("billed_account_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("cause", _word("creditcause", *CAUSES), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.String(length=200), nullable=False),
        sa.Column("buyer_key", text_key(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("po_number", sa.String(length=60), nullable=False),
        sa.Column("po_key", text_key(), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("issued_on", "due_on", "period_from", "period_until")),
        sa.Column("lines_count", sa.Integer(), nullable=False),
        sa.Column("licences", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("net", "vat", "gross")),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("home_vat", sa.BigInteger(), nullable=True),
        sa.Column("exchange_rate", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", UTCDateTime(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit-note') = (corrects_id IS NOT NULL)", name=op.f("ck_invoices_credit_notes_correct")
        ),
        sa.CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name=op.f("ck_invoices_a_number_has_its_day")),
        sa.CheckConstraint("settled BETWEEN 0 AND gross", name=op.f("ck_invoices_settled_in_range")),
        _belongs("invoices", "billed_account_id", "accounts"),
        _belongs("invoices", "order_id", "orders"),
        _belongs("invoices", "corrects_id", "invoices"),
        _belongs("invoices", "made_by_id", "users"),
        _belongs("invoices", "issued_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        *(sa.UniqueConstraint(name, name=op.f(f"uq_invoices_{name}")) for name in ("key", "number", "number_key")),
    )
    op.create_index("ix_invoices_order_id", "invoices", ["order_id"])
    op.create_index("ix_invoices_corrects_id", "invoices", ["corrects_id"])
    listed = ["issued_on", "id", "kind", "currency", "paid_at", "gross", "due_on"]
    _index("ix_invoices_issued_on", "invoices", listed, IS_ISSUED)
    _index("ix_invoices_account_issued_on", "invoices", ["billed_account_id", *listed], IS_ISSUED)
    due = ["due_on", "id", "kind", "currency", "gross", "settled"]
    _index("ix_invoices_due_on", "invoices", due, IS_OPEN)
    _index("ix_invoices_account_due_on", "invoices", ["billed_account_id", *due], IS_OPEN)
    _index("ix_invoices_drafts", "invoices", ["billed_account_id", "id"], IS_DRAFT)
    _index("ix_invoices_credit_notes", "invoices", ["issued_on", "id", "currency"], IS_CREDIT_NOTE)
    _index("ix_invoices_po_key", "invoices", ["po_key", "id"], HAS_PO_NUMBER)
    op.create_index("ix_invoices_buyer_key", "invoices", ["buyer_key", "id"])
    op.create_index("ix_invoices_gross", "invoices", ["gross", "id"])


def _create_lines() -> None:
    table = "invoice_lines"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("credits_line_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.Integer(), nullable=False),
        sa.Column("product_code", sa.String(length=40), nullable=False),
        sa.Column("product_name", sa.String(length=120), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("undelivered_reason", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.String(length=40), nullable=True),
        sa.Column("category", _word("taxcategory", *CATEGORIES), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("is_issued", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_invoice_lines_quantity_positive")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_invoice_lines_price_not_negative")),
        sa.CheckConstraint("credited BETWEEN 0 AND quantity", name=op.f("ck_invoice_lines_credited_in_range")),
        _belongs(table, "invoice_id", "invoices"),
        _belongs(table, "order_line_id", "order_lines"),
        _belongs(table, "asset_id", "assets"),
        _belongs(table, "credits_line_id", "invoice_lines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")),
    )
    _index("uq_invoice_lines_billed", table, ["order_line_id"], IS_BILLED, unique=True)
    for name in ("order_line_id", "asset_id", "credits_line_id"):
        op.create_index(f"ix_invoice_lines_{name}", table, [name])


def _create_stored_parts() -> None:
    op.create_table(
        "invoice_taxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("category", _word("taxcategory", *CATEGORIES), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        _belongs("invoice_taxes", "invoice_id", "invoices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_taxes")),
        sa.UniqueConstraint("invoice_id", "category", "rate", name=op.f("uq_invoice_taxes_invoice_id_category_rate")),
    )
    op.create_table(
        "invoice_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("documentkind", "pdf", "factur-x", "xrechnung", "peppol"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("left_out", sa.String(length=200), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        _belongs("invoice_documents", "invoice_id", "invoices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_documents")),
        sa.UniqueConstraint("invoice_id", "kind", name=op.f("uq_invoice_documents_invoice_id_kind")),
    )


def _belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(name: str, table: str, columns: list[str], where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _differs() -> str:
    return "IS NOT" if _is_sqlite() else "IS DISTINCT FROM"


def _guards() -> list[tuple[str, str]]:
    return [(f"{table}_{act}", table) for table in (*FIXED, *NEVER) for act in ("update", "delete")]


def _guard(name: str, table: str, act: str, condition: str | None) -> None:
    message = "what was issued never changes"
    when = f"WHEN ({condition})" if condition else ""
    if _is_sqlite():
        body = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        op.execute(f"CREATE TRIGGER guard_{name} BEFORE {act} ON {table} FOR EACH ROW {when} {body}")
        return
    body = f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    op.execute(f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS {body}")
    op.execute(
        f"CREATE TRIGGER guard_{name} BEFORE {act} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION guard_{name}()"
    )


def _unguard(name: str, table: str) -> None:
    if _is_sqlite():
        op.execute(f"DROP TRIGGER guard_{name}")
    else:
        op.execute(f"DROP TRIGGER guard_{name} ON {table}")
        op.execute(f"DROP FUNCTION guard_{name}()")
