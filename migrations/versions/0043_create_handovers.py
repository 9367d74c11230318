"""Leaving packs with their bytes, and links that hand one licence over"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0043_create_handovers"
down_revision = "0042_keep_answers_on_coupons"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
_of_invoices = runpy.run_path(str(FOLDER / "0032_create_invoices.py"))
belongs, word = _of_invoices["_belongs"], _of_invoices["_word"]
KIND = "pack"
LINKS, PACKS, PARTS = "handover_links", "leaving_packs", "leaving_pack_parts"
STATES = ("making", "ready", "deleted")


def upgrade() -> None:
    _create_links()
    _create_packs()
    op.create_table(
        PARTS,
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        belongs(PARTS, "pack_id", PACKS),
        sa.PrimaryKeyConstraint("pack_id", "number", name=op.f(f"pk_{PARTS}")),
    )
    allow(lambda kinds: [*kinds, KIND])


def downgrade() -> None:
    """Links stop working; the audit log keeps who opened them."""
    for table in (PARTS, PACKS, LINKS):
        op.drop_table(table)
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}'")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])


def _create_links() -> None:
    op.create_table(
        LINKS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        belongs(LINKS, "asset_id", "assets"),
        belongs(LINKS, "coupon_id", "coupons"),
        belongs(LINKS, "made_by_id", "users"),
        belongs(LINKS, "revoked_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{LINKS}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{LINKS}_key")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{LINKS}_token_hash")),
    )
    op.create_index(f"ix_{LINKS}_asset_id", LINKS, ["asset_id", "id"])


def _create_packs() -> None:
    op.create_table(
        PACKS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("state", word("leavingpackstate", *STATES), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_by_id", sa.Integer(), nullable=False),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("assets_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("deleted_at", UTCDateTime(), nullable=True),
        belongs(PACKS, "account_id", "accounts"),
        belongs(PACKS, "ordered_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PACKS}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{PACKS}_key")),
    )
    op.create_index(f"ix_{PACKS}_account_id", PACKS, ["account_id", "id"])
