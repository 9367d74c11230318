"""Mails are rows, written in the transaction of their cause"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, text_key

revision = "0046_create_messages"
down_revision = "0045_name_who_began"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
_of_invoices = runpy.run_path(str(FOLDER / "0032_create_invoices.py"))
belongs, word = _of_invoices["_belongs"], _of_invoices["_word"]
KIND = "mail"
MESSAGES, TRIES = "messages", "message_tries"
STATES = ("waiting", "sending", "sent", "refused", "unknown", "not-sent", "arrived")
CAUSES = ("too late", "code gone", "malformed")
OUTCOMES = ("sent", "refused", "later", "unknown", "stopped")
LISTED = (None, "state", "event", "account_id", "asset_id")


def upgrade() -> None:
    """Nothing is told about what happened before."""
    _create_messages()
    for column in LISTED:
        op.create_index(
            f"ix_{MESSAGES}_{column or 'created_at'}", MESSAGES, [*filter(None, [column]), "created_at", "id"]
        )
    op.create_index(f"ix_{MESSAGES}_recipient_key", MESSAGES, ["recipient_key", "id"])
    _partial("due", ["next_at", "id"], "state = 'waiting'")
    _partial("sending", ["begun_at"], "state = 'sending'")
    op.create_table(
        TRIES,
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", word("tryoutcome", *OUTCOMES), nullable=True),
        sa.Column("reply", sa.String(length=300), nullable=False),
        belongs(TRIES, "message_id", MESSAGES),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f(f"pk_{TRIES}")),
    )
    allow(lambda kinds: [*kinds, KIND])


def downgrade() -> None:
    op.drop_table(TRIES)
    op.drop_table(MESSAGES)
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}'")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])


def _create_messages() -> None:
    op.create_table(
        MESSAGES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("coupon_id", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("recipient_key", text_key(254), nullable=False),
        sa.Column("recipient_name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("state", word("messagestate", *STATES), nullable=False),
        sa.Column("cause_not_sent", word("notsent", *CAUSES), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("give_up_at", UTCDateTime(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("tries_made", sa.Integer(), nullable=False),
        sa.Column("reply", sa.String(length=300), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        belongs(MESSAGES, "account_id", "accounts"),
        belongs(MESSAGES, "asset_id", "assets"),
        belongs(MESSAGES, "order_id", "orders"),
        belongs(MESSAGES, "invoice_id", "invoices"),
        belongs(MESSAGES, "coupon_id", "coupons"),
        belongs(MESSAGES, "closed_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{MESSAGES}")),
        sa.UniqueConstraint("event", "cause", "recipient_key", name=op.f(f"uq_{MESSAGES}_event_cause_recipient_key")),
        sa.UniqueConstraint("message_id", name=op.f(f"uq_{MESSAGES}_message_id")),
    )


def _partial(name: str, columns: list[str], condition: str) -> None:
    where = {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
    op.create_index(f"ix_{MESSAGES}_{name}", MESSAGES, columns, **where)
