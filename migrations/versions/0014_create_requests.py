"""What people ask of BitTitan on a page is a job, too"""

import re

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0014_create_requests"
down_revision = "0013_count_connects"

KINDS = (
    "check code", "attach code", "check replacement", "replace code",
    "give coupon", "keep coupon", "link account", "link payer", "edit account",
    "create account", "connect",
)  # fmt: skip
STATES = ("waiting", "running", "done", "refused")


def upgrade() -> None:
    op.create_table(
        "vendor_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("requestkind", KINDS), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("press", sa.String(length=64), nullable=True),
        sa.Column("state", _word("requeststate", STATES), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_vendor_requests_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_requests")),
        sa.UniqueConstraint("press", name=op.f("uq_vendor_requests_press")),
    )
    op.create_index("ix_vendor_requests_asked_at", "vendor_requests", ["asked_at"])
    op.create_index("ix_vendor_requests_asked_by_id", "vendor_requests", ["asked_by_id"])
    _allow(lambda kinds: [*kinds, "request"])


def downgrade() -> None:
    op.drop_table("vendor_requests")
    op.execute("DELETE FROM work_items WHERE kind = 'request'")
    _allow(lambda kinds: [kind for kind in kinds if kind != "request"])


def _word(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _allow(change) -> None:
    """Rewrites which kinds of work there are, from those that are allowed now."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        held = connection.scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_work_items_workkind'")
        )
        op.drop_constraint(op.f("ck_work_items_workkind"), "work_items", type_="check")
        kinds = change(re.findall(r"'(\w+)'", held))
        op.create_check_constraint(op.f("ck_work_items_workkind"), "work_items", _in(kinds))
        return
    made = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'work_items'"))
    rule = re.search(r"kind IN \(([^)]*)\)", made)
    changed = made.replace(rule[0], _in(change(re.findall(r"'(\w+)'", rule[1]))))
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()  # as in 0012: the table stays as it is
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE name = 'work_items'", (changed,))
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def _in(kinds: list[str]) -> str:
    return "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))
