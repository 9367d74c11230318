"""Texts of mails that the distributor wrote, every version of each"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0054_add_mail_texts"
down_revision = "0053_add_user_language"

belongs = runpy.run_path(str(Path(__file__).parent / "0032_create_invoices.py"))["_belongs"]
TABLE = "mail_text_versions"
MESSAGE = "a version of a text stays as it is"


def upgrade() -> None:
    """None is written yet: all mails have the built-in texts."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=False),
        belongs(TABLE, "saved_by_id", "users"),
        sa.CheckConstraint("(subject IS NULL) = (text IS NULL)", name=op.f(f"ck_{TABLE}_both_or_neither")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("event", "language", "number", name=op.f(f"uq_{TABLE}_event_language_number")),
    )
    for act in ("UPDATE", "DELETE"):
        _refuse(act)


def _refuse(act: str) -> None:
    name = f"guard_{TABLE}_{act.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
    else:
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    """The texts go, and mails have the built-in ones again."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        for act in ("update", "delete"):
            op.execute(f"DROP FUNCTION guard_{TABLE}_{act}()")
