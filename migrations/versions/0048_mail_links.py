"""One-time links go by mail, beside the one that is shown; and who asked for a new password"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0048_mail_links"
down_revision = "0047_add_calendar"

ASKED = "password_resets"
EVENTS = "('invitation', 'password-reset', 'password-changed', 'new-device')"


def upgrade() -> None:
    op.add_column("users", sa.Column("mailed_link_hash", sa.String(length=64), nullable=True))
    op.add_column("users", sa.Column("mailed_link_expires_at", UTCDateTime(), nullable=True))
    op.create_index("ix_users_mailed_link_hash", "users", ["mailed_link_hash"], unique=True)
    if op.get_bind().dialect.name == "sqlite":  # rebuilding the table would lose its triggers
        op.execute(
            "ALTER TABLE messages ADD COLUMN user_id INTEGER CONSTRAINT fk_messages_user_id REFERENCES users (id)"
        )
    else:
        op.add_column("messages", sa.Column("user_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f("fk_messages_user_id"), "messages", "users", ["user_id"], ["id"])
    op.create_table(
        ASKED,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ASKED}")),
    )


def downgrade() -> None:
    """Mailed links stop working, and mails about signing in are dropped: nobody could say what they are."""
    op.drop_table(ASKED)
    op.execute(f"DELETE FROM message_tries WHERE message_id IN (SELECT id FROM messages WHERE event IN {EVENTS})")
    op.execute(f"DELETE FROM messages WHERE event IN {EVENTS}")
    op.drop_column("messages", "user_id")
    op.drop_index("ix_users_mailed_link_hash", "users")
    op.drop_column("users", "mailed_link_expires_at")
    op.drop_column("users", "mailed_link_hash")
