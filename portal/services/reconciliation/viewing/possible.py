"""Assets that a coupon which was bought elsewhere may belong to, where none is suggested."""

from collections.abc import Sequence

from portal.core import access
from portal.extensions import db
from portal.models import Asset, Finding, FindingKind, User
from portal.services.reconciliation.matching import suggestions

MOST = 5
"""Assets that are named for one coupon."""


def assets(viewer: User, run_id: int, findings: Sequence[Finding]) -> dict[int, list[Asset]]:
    """By finding. At most two statements, however many findings there are."""
    asked = [
        row.id
        for row in findings
        if row.kind is FindingKind.FOREIGN and row.candidates and row.counterpart_id is None
    ]  # fmt: skip
    ids = suggestions.candidates_of(run_id, asked, MOST) if asked else {}
    wanted = {asset_id for some in ids.values() for asset_id in some}
    rows = access.visible_assets(viewer).where(Asset.id.in_(wanted)) if wanted else None
    by_id = {asset.id: asset for asset in db.session.scalars(rows)} if rows is not None else {}
    return {coupon_id: [by_id[each] for each in some if each in by_id] for coupon_id, some in ids.items()}
