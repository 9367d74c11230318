"""The confirmation that an imported asset needs before the portal buys for it."""

from portal.core import audit
from portal.core.audit import Actor
from portal.core.errors import BoughtBefore
from portal.core.i18n import gettext as _
from portal.models import Asset


def confirm_not_bought(asset: Asset, not_bought: bool, *, by: Actor) -> None:
    """Inside a transaction. Raises BoughtBefore unless somebody has confirmed that it was not bought before."""
    if not not_bought:
        raise BoughtBefore(
            _("It was imported without a code: say first that it was not bought before. Nothing was sent.")
        )
    why = f"Imported as {asset.external_id}; looked for before the first synchronization"
    audit.record("asset", asset.id, "answer", by=by, field="bought_before", after="no", why=why)
