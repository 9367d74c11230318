"""People may ask for BitTitan's service definition on a page"""

import runpy
from pathlib import Path

from alembic import op

revision = "0023_ask_for_definition"
down_revision = "0022_publish_products"

KINDS = runpy.run_path(str(Path(__file__).with_name("0014_create_requests.py")))["KINDS"]
NEW = "read definition"
CHECK = "ck_vendor_requests_requestkind"


def upgrade() -> None:
    _allow((*KINDS, NEW))


def downgrade() -> None:
    """A request lives for an hour; those of this kind are dropped."""
    of_this_kind = f"SELECT id FROM vendor_requests WHERE kind = '{NEW}'"
    op.execute(f"DELETE FROM work_items WHERE kind = 'request' AND subject_id IN ({of_this_kind})")
    op.execute(f"DELETE FROM vendor_requests WHERE kind = '{NEW}'")
    _allow(KINDS)


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("vendor_requests") as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), f"kind IN ({', '.join(repr(kind) for kind in kinds)})")
