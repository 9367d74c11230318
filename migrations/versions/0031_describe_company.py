"""The seller on invoices, and tax codes"""

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


def downgrade() -> None:
    op.drop_table("tax_codes")
    op.drop_table("company")


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
