"""Each reminder is a row of its own, so that one mail can tell of many"""

import runpy
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import text_key

revision = "0055_record_reminders"
down_revision = "0054_add_mail_texts"

_of_invoices = runpy.run_path(str(Path(__file__).parent / "0032_create_invoices.py"))
belongs, word, index = _of_invoices["_belongs"], _of_invoices["_word"], _of_invoices["_index"]
TABLE = "reminders"
KINDS = {"reminder": "due", "ending": "ends"}
"""By event."""
TOGETHER = {"reminders": "reminder", "endings": "ending"}
BATCH = 1_000

messages = sa.table(
    "messages", *map(sa.column, ("id", "event", "cause", "recipient_key", "account_id"))
)  # fmt: skip


def upgrade() -> None:
    kind = word("reminderkind", "due", "ends")
    key = [
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_key", text_key(254), nullable=False),
    ]
    table = op.create_table(
        TABLE,
        *key,
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        belongs(TABLE, "asset_id", "assets"),
        belongs(TABLE, "account_id", "accounts"),
        belongs(TABLE, "message_id", "messages"),
        sa.PrimaryKeyConstraint(*(column.name for column in key), name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_message_id", TABLE, ["message_id"])
    op.create_index(f"ix_{TABLE}_account_id", TABLE, ["account_id", "message_id"])
    index(f"ix_{TABLE}_unwritten", TABLE, ["recipient_key", "kind"], sa.text("message_id IS NULL"))
    for rows in _reminders():
        op.bulk_insert(table, rows)


def downgrade() -> None:
    """A mail about many has the cause of its first reminder, which no other mail has."""
    for together, one in TOGETHER.items():
        op.execute(sa.update(messages).where(messages.c.event == together).values(event=one))
    op.drop_table(TABLE)


def _reminders() -> Iterator[Sequence[dict]]:
    """Until now the mail itself was the record: its cause is such as `asset-17 2031-06-16 7`."""
    last, rows = 0, sa.select(messages).where(messages.c.event.in_(KINDS)).order_by(messages.c.id).limit(BATCH)
    while found := op.get_bind().execute(rows.where(messages.c.id > last)).all():
        yield [_reminder(row) for row in found]
        last = found[-1].id


def _reminder(row: sa.Row) -> dict:
    asset, day, step = row.cause.split()
    return {
        "asset_id": int(asset.removeprefix("asset-")), "kind": KINDS[row.event], "day": date.fromisoformat(day),
        "step": int(step), "recipient_key": row.recipient_key, "account_id": row.account_id, "message_id": row.id,
    }  # fmt: skip
