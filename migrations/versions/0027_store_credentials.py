"""The address of BitTitan's server and the sign-in there may be set in the portal"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0027_store_credentials"
down_revision = "0026_merge_accounts"

BEFORE = runpy.run_path(str(Path(__file__).with_name("0023_ask_for_definition.py")))
KINDS = (*BEFORE["KINDS"], BEFORE["NEW"])
NEW = ("test connection", "save connection")
CHECK = "ck_vendor_requests_requestkind"


def columns() -> list[sa.Column]:
    return [
        sa.Column("server_url", sa.String(length=200), nullable=True),
        sa.Column("server_email", sa.String(length=254), nullable=True),
        sa.Column("server_kind", sa.String(length=20), nullable=True),
        sa.Column("settings_version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("server_changed_at", UTCDateTime(), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "stored_secrets",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", UTCDateTime(), nullable=False),
        sa.Column("stored_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stored_secrets")),
    )
    for column in columns():
        op.add_column("bittitan_connection", column)
    _allow((*KINDS, *NEW))


def downgrade() -> None:
    """The password is lost: before this version there is no place for it. Requests live for an hour; those of these
    kinds are dropped."""
    named = ", ".join(f"'{kind}'" for kind in NEW)
    of_these_kinds = f"SELECT id FROM vendor_requests WHERE kind IN ({named})"
    op.execute(f"DELETE FROM work_items WHERE kind = 'request' AND subject_id IN ({of_these_kinds})")
    op.execute(f"DELETE FROM vendor_requests WHERE kind IN ({named})")
    _allow(KINDS)
    for column in reversed(columns()):
        op.drop_column("bittitan_connection", column.name)
    op.drop_table("stored_secrets")


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("vendor_requests") as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"kind IN ({', '.join(repr(kind) for kind in kinds)})")
