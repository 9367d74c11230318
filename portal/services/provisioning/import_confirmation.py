"""What has to be known before the portal buys for an asset that came from elsewhere."""

from flask_babel import gettext as _

from portal.core import audit
from portal.core.audit import Actor
from portal.core.errors import BoughtBefore
from portal.models import Asset


def record(asset: Asset, not_bought: bool, *, by: Actor) -> None:
    """Inside a transaction. Raises BoughtBefore while nobody has looked."""
    if not not_bought:
        raise BoughtBefore(
            _("It was imported without a code: say first that it was not bought before. Nothing was sent.")
        )
    why = f"Imported as {asset.external_id}; looked for before the first synchronization"
    audit.record("asset", asset.id, "answer", by=by, field="bought_before", after="no", why=why)
