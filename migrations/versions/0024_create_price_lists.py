"""Price lists, and that nobody has two prices on one day"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, sort_key, text_key

revision = "0024_create_price_lists"
down_revision = "0023_ask_for_definition"

SAME = (
    "seller_id = NEW.seller_id AND buyer_id IS NEW.buyer_id AND currency = NEW.currency AND product_id = NEW.product_id"
)
CURRENCY_NUMBER = "ascii(currency) * 65536 + ascii(substr(currency, 2)) * 256 + ascii(substr(currency, 3))"
OVERLAPS = (
    "min_quantity = NEW.min_quantity AND coalesce(valid_until, '9999-12-31') >= NEW.valid_from "
    "AND coalesce(NEW.valid_until, '9999-12-31') >= valid_from AND id IS NOT NEW.id"
)


def upgrade() -> None:
    op.create_table(
        "price_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", text_key(), nullable=False),
        sa.Column("name_sort", sort_key(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("is_for_all", sa.Boolean(), nullable=False),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_price_lists_does_not_end_before_it_begins")),
        sa.ForeignKeyConstraint(["seller_id"], ["accounts.id"], name=op.f("fk_price_lists_seller_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["price_lists.id"], name=op.f("fk_price_lists_follows_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lists")),
    )
    op.create_index("ix_price_lists_seller_id", "price_lists", ["seller_id", "name_sort", "id"])
    op.create_index("ix_price_lists_follows_id", "price_lists", ["follows_id"])
    op.create_table(
        "price_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("discount", sa.Integer(), nullable=True),
        sa.CheckConstraint("min_quantity >= 1", name=op.f("ck_price_lines_min_quantity_positive")),
        sa.CheckConstraint("(amount IS NULL) <> (discount IS NULL)", name=op.f("ck_price_lines_fixed_or_discount")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_price_lines_amount_not_negative")),
        sa.CheckConstraint("discount BETWEEN 0 AND 10000", name=op.f("ck_price_lines_discount_in_range")),
        sa.ForeignKeyConstraint(["list_id"], ["price_lists.id"], name=op.f("fk_price_lines_list_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_price_lines_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lines")),
        sa.UniqueConstraint(
            "list_id", "product_id", "min_quantity", name=op.f("uq_price_lines_list_id_product_id_min_quantity")
        ),
    )
    op.create_index("ix_price_lines_product_id", "price_lines", ["product_id"])
    op.create_table(
        "price_list_accounts",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["price_lists.id"], name=op.f("fk_price_list_accounts_list_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_price_list_accounts_account_id")),
        sa.PrimaryKeyConstraint("list_id", "account_id", name=op.f("pk_price_list_accounts")),
    )
    op.create_index("ix_price_list_accounts_account_id", "price_list_accounts", ["account_id"])
    op.create_table(
        "price_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["accounts.id"], name=op.f("fk_price_terms_seller_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["accounts.id"], name=op.f("fk_price_terms_buyer_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_price_terms_product_id")),
        sa.ForeignKeyConstraint(["list_id"], ["price_lists.id"], name=op.f("fk_price_terms_list_id")),
        sa.ForeignKeyConstraint(["line_id"], ["price_lines.id"], name=op.f("fk_price_terms_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_terms")),
    )
    op.create_index("ix_price_terms_buyer_id", "price_terms", ["buyer_id", "product_id"])
    op.create_index("ix_price_terms_seller_id", "price_terms", ["seller_id", "product_id"])
    op.create_index("ix_price_terms_list_id", "price_terms", ["list_id"])
    _allow_one_price_a_day()


def downgrade() -> None:
    for table in ("price_terms", "price_list_accounts", "price_lines", "price_lists"):
        op.drop_table(table)


def _allow_one_price_a_day() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Ranges of one number, so that GiST needs no extension to compare them.
        same = (
            f"int8range({value}, {value}, '[]') WITH &&"
            for value in ("seller_id", "coalesce(buyer_id, 0)", CURRENCY_NUMBER, "product_id", "min_quantity")
        )
        op.execute(
            "ALTER TABLE price_terms ADD CONSTRAINT ex_price_terms_one_price EXCLUDE USING gist "
            f"({', '.join(same)}, daterange(valid_from, valid_until, '[]') WITH &&)"
        )
        return
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER tr_price_terms_one_price_{event.lower()} BEFORE {event} ON price_terms "
            f"WHEN EXISTS (SELECT 1 FROM price_terms WHERE {SAME} AND {OVERLAPS}) "
            "BEGIN SELECT RAISE(ABORT, 'two prices for one buyer, currency, product, minimum quantity and day'); END"
        )
