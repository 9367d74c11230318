"""What a page that looked again by itself has to say: how it ended."""

from flask import flash
from flask_babel import gettext as _

from portal.models import Asset, SyncStatus
from portal.web.wording import STATUS

_TONES = {SyncStatus.SYNCHRONIZED: "positive", SyncStatus.FAILED: "negative", SyncStatus.REVIEW: "caution"}


def tell_news(assets: list[Asset]) -> None:
    """Replaces the sentence that said it was under way."""
    for asset in assets:
        if asset.is_unsettled:
            continue
        state = STATUS[asset.sync_status]
        flash(
            _("%(number)s, %(name)s: %(state)s.", number=asset.number, name=asset.name, state=state),
            _TONES[asset.sync_status],
        )
