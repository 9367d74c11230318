"""A session knows when the password was given in it last"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0015_add_authenticated_at"
down_revision = "0014_create_requests"


def upgrade() -> None:
    op.add_column(
        "sign_ins",
        sa.Column(
            "authenticated_at", UTCDateTime(), nullable=False, server_default=sa.text("'1970-01-01 00:00:00.000000'")
        ),
    )
    op.execute("UPDATE sign_ins SET authenticated_at = created_at")


def downgrade() -> None:
    op.drop_column("sign_ins", "authenticated_at")
