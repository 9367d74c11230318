"""Who asked about an asset, with what words, and what the answer was"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0052_create_asset_requests"
down_revision = "0051_create_digest_choices"

_of_invoices = runpy.run_path(str(Path(__file__).parent / "0032_create_invoices.py"))
belongs, word, index = _of_invoices["_belongs"], _of_invoices["_word"], _of_invoices["_index"]
TABLE = "asset_requests"
STATES = ("open", "answered", "closed", "delivered")
ENDS = ("not needed", "order again", "write to us", "other", "cancelled")
# Who asked stands in the audit log alone: the last entry of each asset that still waits.
FILL = f"""
INSERT INTO {TABLE} (asset_id, account_id, asked_by_id, asked_at, words, state, answer, remark, version)
SELECT assets.id, users.account_id, users.id, assets.asked_at, '', 'open', '', '', 1
FROM assets
JOIN audit_entries ON audit_entries.id = (
    SELECT max(entries.id) FROM audit_entries AS entries
    WHERE entries.subject = 'asset' AND entries.subject_id = assets.id AND entries.act = 'ask'
)
JOIN users ON users.id = audit_entries.actor_id
WHERE assets.asked_at IS NOT NULL
"""


def upgrade() -> None:
    """What was asked and waits becomes an open request, without words."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", word("assetrequeststate", *STATES), nullable=False),
        sa.Column("closed_because", word("requestend", *ENDS), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        belongs(TABLE, "asset_id", "assets"),
        belongs(TABLE, "account_id", "accounts"),
        belongs(TABLE, "asked_by_id", "users"),
        belongs(TABLE, "settled_by_id", "users"),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f(f"ck_{TABLE}_open_until_settled")),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_because IS NOT NULL)", name=op.f(f"ck_{TABLE}_closed_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    index(f"uq_{TABLE}_open", TABLE, ["asset_id", "account_id"], sa.text("state = 'open'"), unique=True)
    op.create_index(f"ix_{TABLE}_asked_at", TABLE, ["asked_at", "id"])
    op.create_index(f"ix_{TABLE}_state", TABLE, ["state", "asked_at", "id"])
    op.create_index(f"ix_{TABLE}_asset_id", TABLE, ["asset_id", "asked_at", "id"])
    op.execute(FILL)


def downgrade() -> None:
    """Assets keep since when somebody waits; the words and answers go."""
    op.drop_table(TABLE)
