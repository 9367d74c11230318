"""What BitTitan says about each code and when it said so: asked for singly, confirmed by a person, and indexed"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0042_keep_answers_on_coupons"
down_revision = "0041_add_case_numbers"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
replace_check = runpy.run_path(str(FOLDER / "0012_confirm_coupons.py"))["replace_check"]
_requests = runpy.run_path(str(FOLDER / "0027_store_credentials.py"))
REQUESTS = (*_requests["KINDS"], *_requests["NEW"])
word = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_word"]

REQUEST, BULK, JOB = "check status", "check", "statuses"
CHECK = "ck_vendor_requests_requestkind"
BULKS = "kind IN ('cancel', 'annotate', 'rename')", f"kind IN ('cancel', 'annotate', 'rename', '{BULK}')"
CAUSES = ("person", "bulk", "rolling")
RESULTS = (
    "active", "redeemed", "expired", "revoked", "other", "not-listed", "unrecognised", "differs", "no-answer",
)  # fmt: skip
RECORDED = "standing = 'recorded'"
# Name, columns, and which rows.
INDEXES = (
    ("ix_coupons_at_bittitan", ("status", "absent_at", "read_at", "asset_id"), RECORDED),
    ("ix_coupons_absent", ("is_verified", "asset_id"), "absent_at IS NOT NULL"),
    (
        "ix_coupons_oldest", ("read_at", "asset_id"),
        "(status IS NULL OR status NOT IN ('Revoked', 'Redeemed', 'Expired'))",
    ),
)  # fmt: skip


def columns() -> list[sa.Column]:
    return [
        sa.Column("absent_at", UTCDateTime(), nullable=True),
        sa.Column("stated", sa.String(length=20), nullable=True),
        sa.Column("stated_at", UTCDateTime(), nullable=True),
        sa.Column("stated_by", sa.String(length=120), nullable=True),
        sa.Column("stated_why", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("coupons", column)
    for name, indexed, rows in INDEXES:
        op.create_index(name, "coupons", list(indexed), sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
    op.create_table(
        "status_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("cause", word("checkcause", CAUSES), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("result", word("checkresult", RESULTS), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_status_checks_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_checks")),
    )
    op.create_index("ix_status_checks_asset_id", "status_checks", ["asset_id", "at"])
    op.create_index("ix_status_checks_at", "status_checks", ["at"])
    _allow_requests((*REQUESTS, REQUEST))
    replace_check("bulk_operations", "bulkkind", *BULKS)
    allow(lambda kinds: [*kinds, JOB])


def downgrade() -> None:
    """What BitTitan said last stays; what people confirmed is in the audit log."""
    op.execute(f"DELETE FROM work_items WHERE kind = '{JOB}'")
    allow(lambda kinds: [kind for kind in kinds if kind != JOB])
    operations = f"SELECT id FROM bulk_operations WHERE kind = '{BULK}'"
    op.execute(f"DELETE FROM work_items WHERE kind = 'bulk' AND subject_id IN ({operations})")
    op.execute(f"DELETE FROM bulk_items WHERE operation_id IN ({operations})")
    op.execute(f"DELETE FROM bulk_operations WHERE kind = '{BULK}'")
    replace_check("bulk_operations", "bulkkind", *reversed(BULKS))
    of_this_kind = f"SELECT id FROM vendor_requests WHERE kind = '{REQUEST}'"
    op.execute(f"DELETE FROM work_items WHERE kind = 'request' AND subject_id IN ({of_this_kind})")
    op.execute(f"DELETE FROM vendor_requests WHERE kind = '{REQUEST}'")
    _allow_requests(REQUESTS)
    op.drop_table("status_checks")
    for name, _indexed, _rows in reversed(INDEXES):
        op.drop_index(name, table_name="coupons")
    for column in reversed(columns()):
        op.drop_column("coupons", column.name)


def _allow_requests(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("vendor_requests") as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"kind IN ({', '.join(repr(kind) for kind in kinds)})")
