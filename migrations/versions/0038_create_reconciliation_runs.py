"""Reconciliation runs, the coupons that BitTitan showed in them, and what was found"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0038_create_reconciliation_runs"
down_revision = "0037_add_nothing_to_issued"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
_of_invoices = runpy.run_path(str(FOLDER / "0032_create_invoices.py"))
belongs, word = _of_invoices["_belongs"], _of_invoices["_word"]
KIND = "reconcile"
RUNS, COUPONS, FINDINGS = "reconciliation_runs", "reconciliation_coupons", "reconciliation_findings"
STATES = ("listing", "asking", "matching", "searching", "done", "incomplete", "stopped")
KINDS = (
    "unrecorded", "foreign", "no-code", "not-listed", "differs", "duplicate", "two-records", "unverified",
)  # fmt: skip
ACTS = ("set-aside", "record", "attach", "retry", "confirm", "correct", "withdraw")
FINDING_STATES = ("open", "set-aside", "chosen", "done", "refused")


def upgrade() -> None:
    _create_runs()
    _create_coupons()
    _create_findings()
    allow(lambda kinds: [*kinds, KIND])


def downgrade() -> None:
    """What was recorded stays; how it was found is gone."""
    for table in (FINDINGS, COUPONS, RUNS):
        op.drop_table(table)
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}'")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])


def _create_runs() -> None:
    op.create_table(
        RUNS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "scope", word("reconciliationscope", "everything", "tree", "account", "asset", "period"), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("source", word("reconciliationsource", "live", "file"), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("state", word("reconciliationstate", *STATES), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("listed_until", UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("open_mark", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        belongs(RUNS, "account_id", "accounts"),
        belongs(RUNS, "asset_id", "assets"),
        belongs(RUNS, "made_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{RUNS}")),
        sa.UniqueConstraint("open_mark", name=op.f(f"uq_{RUNS}_open_mark")),
    )


def _create_coupons() -> None:
    op.create_table(
        COUPONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("bittitan_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("sku_id", sa.String(length=36), nullable=True),
        sa.Column("organization_id", sa.String(length=36), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column("fits_from", sa.Date(), nullable=True),
        sa.Column("fits_until", sa.Date(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("redeemed_at", UTCDateTime(), nullable=True),
        belongs(COUPONS, "run_id", RUNS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{COUPONS}")),
        sa.UniqueConstraint("run_id", "key", name=op.f(f"uq_{COUPONS}_run_id_key")),
    )
    op.create_index(f"ix_{COUPONS}_code", COUPONS, ["run_id", "code"])
    op.create_index(f"ix_{COUPONS}_reference", COUPONS, ["run_id", "reference"])


def _create_findings() -> None:
    op.create_table(
        FINDINGS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", word("findingkind", *KINDS), nullable=False),
        sa.Column("subject_key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("asset_version", sa.Integer(), nullable=True),
        sa.Column("coupon_id", sa.Integer(), nullable=True),
        sa.Column("shown_id", sa.Integer(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("counterpart_id", sa.Integer(), nullable=True),
        sa.Column("state", word("findingstate", *FINDING_STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", word("findingact", *ACTS), nullable=True),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        belongs(FINDINGS, "run_id", RUNS),
        belongs(FINDINGS, "asset_id", "assets"),
        belongs(FINDINGS, "coupon_id", "coupons"),
        belongs(FINDINGS, "shown_id", COUPONS),
        belongs(FINDINGS, "counterpart_id", FINDINGS),
        belongs(FINDINGS, "target_id", "assets"),
        belongs(FINDINGS, "decided_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FINDINGS}")),
        sa.UniqueConstraint("run_id", "subject_key", name=op.f(f"uq_{FINDINGS}_run_id_subject_key")),
    )
    op.create_index(f"ix_{FINDINGS}_state", FINDINGS, ["run_id", "state", "kind", "id"])
    _of_invoices["_index"](f"ix_{FINDINGS}_chosen", FINDINGS, ["run_id"], sa.text("state = 'chosen'"))
    op.create_index(f"ix_{FINDINGS}_subject_key", FINDINGS, ["subject_key", "fingerprint", "id"])
    op.create_index(f"ix_{FINDINGS}_shown_id", FINDINGS, ["shown_id"])
    op.create_index(f"ix_{FINDINGS}_asset_id", FINDINGS, ["asset_id"])
