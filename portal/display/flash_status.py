"""What a page that looked again by itself has to say: how it ended."""

from flask import flash
from flask_babel import gettext as _

from portal.core.errors import Conflict, DomainError, Unavailable
from portal.display.wording import STATUS, sync_sentence
from portal.models import Asset, SyncStatus, User

_TONES = {SyncStatus.SYNCHRONIZED: "positive", SyncStatus.FAILED: "negative", SyncStatus.REVIEW: "caution"}


def flash_status(assets: list[Asset]) -> None:
    """Replaces the sentence that said it was under way."""
    for asset in assets:
        if asset.is_unsettled:
            continue
        state = STATUS[asset.sync_status]
        flash(
            _("%(number)s, %(name)s: %(state)s.", number=asset.number, name=asset.name, state=state),
            _TONES[asset.sync_status],
        )


def flash_current_state(asset: Asset, viewer: User, refusal: DomainError) -> None:
    """For somebody who came second."""
    if isinstance(refusal, Conflict | Unavailable) and refusal.message:
        flash(refusal.message, "caution")
        return
    sentence = sync_sentence(asset, viewer)
    now = f"{STATUS[asset.sync_status]}. {sentence}." if sentence else f"{STATUS[asset.sync_status]}."
    flash(_("This asset has changed since you loaded it, so nothing was done. It is now: %(now)s", now=now), "caution")
