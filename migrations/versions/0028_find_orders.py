"""Orders are found by the buyer's purchase order number"""

import sqlalchemy as sa
from alembic import op

revision = "0028_find_orders"
down_revision = "0027_store_credentials"

HAS_PO_NUMBER = "po_key <> ''"
INDEXES = (
    ("ix_orders_all_po_key", ["po_key", "id"]),
    ("ix_orders_branch_id_po_key", ["branch_id", "po_key", "id"]),
)


def upgrade() -> None:
    for name, columns in INDEXES:
        rows = sa.text(HAS_PO_NUMBER)
        op.create_index(name, "orders", columns, sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for name, _ in INDEXES:
        op.drop_index(name, "orders")
