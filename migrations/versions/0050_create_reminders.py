"""Reminders: how far they are, who wants them, and who stopped them"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, text_key

revision = "0050_create_reminders"
down_revision = "0049_create_task_runs"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
_of_invoices = runpy.run_path(str(FOLDER / "0032_create_invoices.py"))
belongs, word = _of_invoices["_belongs"], _of_invoices["_word"]
JOBS = ("reminders",)
PROGRESS, PREFERENCES, SWITCHES = "reminder_progress", "reminder_preferences", "reminder_switches"
RECIPIENTS, STOPS = "reminder_recipients", "mail_stops"


def upgrade() -> None:
    """The first day whose reminders are written is that on which a worker runs."""
    _create_progress()
    _create_preferences()
    _create_recipients()
    _create_stops()
    allow(lambda kinds: [*kinds, *JOBS])


def downgrade() -> None:
    for table in (STOPS, RECIPIENTS, SWITCHES, PREFERENCES, PROGRESS):
        op.drop_table(table)
    for kind in JOBS:
        op.execute(f"DELETE FROM work_items WHERE kind = '{kind}'")
    allow(lambda kinds: [kind for kind in kinds if kind not in JOBS])


def _create_progress() -> None:
    op.create_table(
        PROGRESS,
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("target", sa.Date(), nullable=True),
        sa.Column("kind", word("reminderkind", "due", "ends"), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PROGRESS}")),
    )


def _create_preferences() -> None:
    op.create_table(
        PREFERENCES,
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=True),
        sa.Column("due_steps", sa.String(length=60), nullable=True),
        sa.Column("ends_steps", sa.String(length=60), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        belongs(PREFERENCES, "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f(f"pk_{PREFERENCES}")),
    )
    op.create_table(
        SWITCHES,
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        belongs(SWITCHES, "asset_id", "assets"),
        sa.PrimaryKeyConstraint("asset_id", name=op.f(f"pk_{SWITCHES}")),
    )


def _create_recipients() -> None:
    op.create_table(
        RECIPIENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", text_key(254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        belongs(RECIPIENTS, "account_id", "accounts"),
        belongs(RECIPIENTS, "asset_id", "assets"),
        belongs(RECIPIENTS, "added_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{RECIPIENTS}")),
        sa.UniqueConstraint(
            "account_id", "asset_id", "address_key", name=op.f(f"uq_{RECIPIENTS}_account_id_asset_id_address_key")
        ),
    )
    op.create_index(f"ix_{RECIPIENTS}_asset_id", RECIPIENTS, ["asset_id"])


def _create_stops() -> None:
    op.create_table(
        STOPS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", text_key(254), nullable=False),
        sa.Column("topic", word("topic", "reminders", "digest"), nullable=False),
        sa.Column("stopped_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{STOPS}")),
        sa.UniqueConstraint("address_key", "topic", name=op.f(f"uq_{STOPS}_address_key_topic")),
    )
