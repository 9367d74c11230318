"""What happened to each asset, as far as people of the leaving account may read it: no notes of staff, no reasons that
others gave, no values that could name another account."""

from collections.abc import Iterator

from sqlalchemy import Row, case, null, select
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.models import Account, Asset, AuditEntry, User
from portal.services.leaving_packs.keyset import batches
from portal.services.leaving_packs.sheets import Batch, Sheet, person_name

FIELDS = ("name", "sync_status", "lifecycle", "expire_days", "validity_days", "redeem_by", "issued_at", "code")
"""Fields whose old and new values are told."""
ACTS = ("create", "order", "import", "ask", "reveal", "hand over")
"""Told without a field of FIELDS, too."""
OF_STAFF = ("surplus", "give", "confirm", "answer")
SIZE = 100


def story() -> Sheet:
    heads = (_("Asset"), _("When (UTC)"), _("Who"), _("What"), _("Field"), _("Before"), _("After"), _("Why"))
    return Sheet("history.csv", _("what happened to each asset"), heads, _story)


def _story(account: Account) -> Iterator[Batch]:
    rows = select(Asset.purchased_on, Asset.id).where(access.in_tree_of(account, Asset.branch_id, Asset.account_id))
    for found in batches(rows, Asset.purchased_on, Asset.id, size=SIZE):
        for entries in batches(_entries(account, [row.id for row in found]), AuditEntry.subject_id, AuditEntry.id):
            yield Batch([_entry(row) for row in entries])


def _entries(account: Account, asset_ids: list[int]):
    home = aliased(Account)
    is_own = access.in_tree_of(account, home.branch_id, home.id) & AuditEntry.via.is_(None)  # a process tells a cause
    is_told = AuditEntry.field.in_(FIELDS)
    return (
        select(
            AuditEntry.at, AuditEntry.actor_id, AuditEntry.actor, person_name(account, User, home), AuditEntry.act,
            case((is_told, AuditEntry.field), else_=null()), case((is_told, AuditEntry.before), else_=null()),
            case((is_told, AuditEntry.after), else_=null()), case((is_own, AuditEntry.why), else_=null()),
            AuditEntry.subject_id, AuditEntry.id,
        )
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(home, home.id == User.account_id)
        .where(
            AuditEntry.subject == "asset", AuditEntry.subject_id.in_(asset_ids),
            is_told | AuditEntry.act.in_(ACTS), AuditEntry.act.not_in(OF_STAFF),
        )
    )  # fmt: skip


def _entry(row: Row) -> Cells:
    at, actor_id, actor, name, act, field, before, after, why, asset_id, _id = row
    who = actor if actor_id is None else name
    cells = (at.isoformat(timespec="seconds"), who, act, field, before, after, why)
    return f"AS-{asset_id}", *("" if cell is None else cell for cell in cells)
