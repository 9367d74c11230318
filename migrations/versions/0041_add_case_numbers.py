"""A difference may have a case at BitTitan, and a state that a person has confirmed"""

import sqlalchemy as sa
from alembic import op

revision = "0041_add_case_numbers"
down_revision = "0040_create_coupon_uploads"

FINDINGS = "reconciliation_findings"


def upgrade() -> None:
    """What was set aside or confirmed before has neither."""
    op.add_column(FINDINGS, sa.Column("case_number", sa.String(length=40), nullable=True))
    op.add_column(FINDINGS, sa.Column("confirmed_as", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column(FINDINGS, "confirmed_as")
    op.drop_column(FINDINGS, "case_number")
