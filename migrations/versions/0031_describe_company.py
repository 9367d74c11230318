"""The seller on invoices, tax codes, and billing details of accounts"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, text_key

revision = "0031_describe_company"
down_revision = "0030_keep_whole_records"

LENGTHS = {
    "legal_name": 200, "street": 200, "street_more": 200, "postcode": 20, "city": 100, "country": 2, "vat_id": 40,
    "registration_number": 40, "contact_name": 120, "contact_phone": 40, "contact_email": 254, "bank_name": 120,
    "iban": 34, "bic": 11, "invoice_pattern": 60, "credit_note_pattern": 60, "colour": 7, "logo_kind": 20,
    "logo_sha256": 64,
}  # fmt: skip
DETAILS = {"print_name": 200, "buyer_reference": 100, "electronic_address": 120}
CHOICES = {"invoice_rhythm": ("order", "monthly"), "invoice_delivery": ("mail", "portal")}
"""The first one is that of all accounts so far."""
TAX_CODE, ACCOUNTS, STAGED = "fk_accounts_tax_code_id", "accounts", "staged_accounts"
CATEGORIES = ("S", "Z", "E", "AE", "G", "O", "K")


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length=most), nullable=True) for name, most in LENGTHS.items()),
        sa.Column("payment_days", sa.Integer(), nullable=True),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.execute("INSERT INTO company (id, terms, version) VALUES (1, '{}', 1)")
    op.create_table(
        "tax_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("code_key", text_key(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("category", _word("taxcategory", *CATEGORIES), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("rate BETWEEN 0 AND 9999", name=op.f("ck_tax_codes_rate_in_range")),
        sa.CheckConstraint("(category = 'S') = (rate > 0)", name=op.f("ck_tax_codes_only_standard_has_a_rate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_codes")),
        sa.UniqueConstraint("code_key", name=op.f("uq_tax_codes_code_key")),
    )
    for table in (ACCOUNTS, STAGED):
        for name, most in DETAILS.items():
            op.add_column(table, sa.Column(name, sa.String(length=most), nullable=True))
        for name, words in CHOICES.items():
            _add_choice(table, name, words)
    # Nobody knows which tax code a text means: it stays, and a person decides.
    op.execute("ALTER TABLE accounts RENAME COLUMN tax_code TO tax_text")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE accounts ADD COLUMN tax_code_id INTEGER CONSTRAINT {TAX_CODE} REFERENCES tax_codes (id)"
        )
    else:
        op.add_column(ACCOUNTS, sa.Column("tax_code_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(TAX_CODE), ACCOUNTS, "tax_codes", ["tax_code_id"], ["id"])


def downgrade() -> None:
    """A text that was there before is there again; where there was none, the code is the text."""
    op.execute(
        "UPDATE accounts SET tax_text = (SELECT code FROM tax_codes WHERE tax_codes.id = accounts.tax_code_id) "
        "WHERE tax_text IS NULL AND tax_code_id IS NOT NULL"
    )
    op.drop_column(ACCOUNTS, "tax_code_id")
    op.execute("ALTER TABLE accounts RENAME COLUMN tax_text TO tax_code")
    for table in (STAGED, ACCOUNTS):
        for name in (*CHOICES, *DETAILS):
            op.drop_column(table, name)
    op.drop_table("tax_codes")
    op.drop_table("company")


def _add_choice(table: str, name: str, words: tuple[str, ...]) -> None:
    """SQLite gets the check with the column: rebuilding the table would lose its triggers."""
    check, rule = f"ck_{table}_{name.replace('_', '')}", f"{name} IN {words}"
    default = f"DEFAULT '{words[0]}' NOT NULL" if table == ACCOUNTS else ""
    op.execute(f"ALTER TABLE {table} ADD COLUMN {name} VARCHAR(20) {default} CONSTRAINT {check} CHECK ({rule})")


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
