"""Cancels the failed assets of a cause. Offered where no retry can help."""

import re
from typing import Self

from flask import flash, redirect, render_template
from flask_login import current_user
from wtforms import HiddenField

from portal.bss.area import area
from portal.bss.assets.asset_forms import ReasonForm
from portal.core.errors import NotVisible
from portal.core.i18n import ngettext
from portal.display.lists.list_address import is_cause
from portal.models import Right
from portal.services.assets import cancelling
from portal.services.assets.cancelling import Candidates
from portal.web.security.guards import requires
from portal.web.urls import url_for

_SEEN = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,9})")


class CancelAllForm(ReasonForm):
    seen = HiddenField()
    """Id and version of each asset on the page."""

    def versions(self) -> dict[int, int]:
        return {int(asset_id): int(version) for asset_id, version in _SEEN.findall(self.seen.data or "")}

    def over(self, found: Candidates) -> Self:
        """Fits the form to the assets that are shown now."""
        self.seen.data = " ".join(f"{asset.id}-{asset.version}" for asset, _account in found.rows)
        return self


@area.route("/queue/<cause>/cancellations", methods=["GET", "POST"])
@requires(Right.PROVISION)
def cancel_all(cause):
    if not is_cause(cause):
        raise NotVisible()
    form = CancelAllForm()
    if form.validate_on_submit():
        seen = form.versions()
        _say(cancelling.cancel_failed(seen, by=current_user, reason=form.reason.data), len(seen))
        return redirect(url_for("bss.group", cause=cause), code=303)
    found = cancelling.candidates(current_user, cause)
    page = render_template("bss/inbox/cancel.html", cause=cause, found=found, form=form.over(found))
    return page, 422 if form.is_submitted() else 200


def _say(cancelled: int, seen: int) -> None:
    flash(ngettext("%(num)s asset is cancelled.", "%(num)s assets are cancelled.", cancelled), "positive")
    if left := seen - cancelled:
        flash(
            ngettext(
                "%(num)s asset has changed in the meantime and was left as it is.",
                "%(num)s assets have changed in the meantime and were left as they are.",
                left,
            ),
            "caution",
        )
