"""Acts that somebody else may have been faster with: the answer is the fresh state, and a sentence about it."""

from collections.abc import Callable

from flask import flash
from flask_babel import gettext as _

from portal.models import Asset, User
from portal.services.errors import AttemptOpen, Conflict, DomainError, StaleVersion, Unavailable
from portal.web.forms import VersionedForm
from portal.web.wording import STATUS, sync_sentence


class ActForm(VersionedForm):
    """Keeps what the state did not allow in `refusal`, so that the view can show the fresh state beside it."""

    refusal: DomainError | None = None

    def carry_out(self, act: Callable, *args, **values) -> bool:
        try:
            return super().carry_out(act, *args, **values)
        except (StaleVersion, AttemptOpen, Conflict, Unavailable) as refusal:
            self.refusal = refusal
            return False


def tell_state(asset: Asset, reader: User, refusal: DomainError) -> None:
    """For somebody who came second."""
    if isinstance(refusal, Conflict | Unavailable) and refusal.message:
        flash(refusal.message, "caution")
        return
    sentence = sync_sentence(asset, reader)
    now = f"{STATUS[asset.sync_status]}. {sentence}." if sentence else f"{STATUS[asset.sync_status]}."
    flash(_("This asset has changed since you loaded it, so nothing was done. It is now: %(now)s", now=now), "caution")
