"""Messages about the outcome of a purchase, for pages that poll, and about a refused action."""

from flask import flash

from portal.core.errors import Conflict, DomainError, Unavailable
from portal.core.i18n import gettext as _
from portal.display.wording import status_words, sync_sentence
from portal.models import Asset, SyncStatus, User

_TONES = {SyncStatus.SYNCHRONIZED: "positive", SyncStatus.FAILED: "negative", SyncStatus.REVIEW: "caution"}


def flash_status(assets: list[Asset], viewer: User) -> None:
    """Flashes the status of each settled asset; replaces the message that it was under way."""
    for asset in assets:
        if asset.is_unsettled:
            continue
        state = status_words(asset, viewer)
        flash(
            _("%(number)s, %(name)s: %(state)s.", number=asset.number, name=asset.name, state=state),
            _TONES[asset.sync_status],
        )


def flash_current_state(asset: Asset, viewer: User, refusal: DomainError) -> None:
    """Flashes why an action was refused: the refusal's message, or the asset's current status."""
    if isinstance(refusal, Conflict | Unavailable) and refusal.message:
        flash(refusal.message, "caution")
        return
    sentence = sync_sentence(asset, viewer)
    words = status_words(asset, viewer)
    status = f"{words}. {sentence}." if sentence else f"{words}."
    flash(
        _("This asset has changed since you loaded it, so nothing was done. It is now: %(now)s", now=status), "caution"
    )
