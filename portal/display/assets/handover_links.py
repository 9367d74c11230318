"""The views that make, list and revoke links that hand one licence over, shared by all areas."""

import uuid
from typing import Self

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from wtforms import HiddenField, StringField
from wtforms.validators import UUID

from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Asset, Right, User
from portal.services.handovers import code_status, making
from portal.services.handovers.code_status import CodeStatus
from portal.services.handovers.making import LONGEST_NOTE, MOST_DAYS, LinkState, MadeLink
from portal.web.forms import Text, WholeNumber, one_line
from portal.web.forms.action_forms import ActForm
from portal.web.security import sessions
from portal.web.security.guards import asks_password, requires
from portal.web.urls import asset_url, url_for

MAKE = "make"
STATES = {
    LinkState.OPEN: lazy("Open"),
    LinkState.EXPIRED: lazy("Expired"),
    LinkState.REVOKED: lazy("Revoked"),
    LinkState.CLOSED: lazy("Closed: five PINs were wrong"),
    LinkState.ENDED: lazy("Ended: whoever made it no longer sees this code"),
}
REFUSALS = {
    CodeStatus.NONE: lazy("There is no code that can be shown yet."),
    CodeStatus.CANCELLED: lazy("These licences are cancelled."),
    CodeStatus.REVOKED: lazy("The code is revoked at BitTitan, or is about to be."),
    CodeStatus.REDEEMED: lazy("The code has been redeemed and cannot be used again."),
    CodeStatus.EXPIRED: lazy("The last day to redeem the code is over."),
}


class HandoverForm(ActForm):
    key = HiddenField(validators=[UUID()])
    """Made with the empty form, so that a form that is sent twice makes one link."""
    days = StringField(lazy("Days until it expires"), default="7", validators=[WholeNumber(1, MOST_DAYS)])
    note = StringField(lazy("For whom"), filters=[one_line], validators=[Text(LONGEST_NOTE)])

    @classmethod
    def afresh(cls) -> Self:
        return cls(data={"key": str(uuid.uuid4()), "days": "7"})

    def is_pressed(self) -> bool:
        """A form that is sent without its button is only checked."""
        return self.validate_on_submit() and request.form.get("act") == MAKE

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200

    def values(self, by: User) -> dict:
        return {"key": self.key.data, "days": int(self.days.data), "note": self.note.data or "", "by": by}


def add_to(bp: Blueprint) -> None:
    @bp.route("/<int:asset_id>/handovers", methods=["GET", "POST"])
    @requires(Right.REVEAL_CODES)
    @asks_password(when=_makes_too_many)
    def handovers(asset_id):
        asset = access.visible_asset(current_user, asset_id)
        form = HandoverForm.afresh()
        if form.is_pressed() and form.carry_out(making.make, asset, **form.values(current_user)):
            return _made(asset, form.result)
        return _page(asset, form), form.status

    @bp.post("/<int:asset_id>/handovers/<int:link_id>/revocations")
    @requires(Right.REVEAL_CODES)
    def revoke_handover(asset_id, link_id):
        asset = access.visible_asset(current_user, asset_id)
        if making.revoke(asset, link_id, by=current_user):
            flash(_("The link is revoked. It shows nothing any more."), "positive")
        else:
            flash(_("The link was no longer open, so there was nothing to revoke."), "caution")
        return redirect(asset_url(asset, "handovers"), 303)


def _makes_too_many() -> bool:
    return request.form.get("act") == MAKE and sessions.shows_too_many()


def _made(asset: Asset, made: MadeLink | None):
    """Link and PIN are in this answer only."""
    if made is None:
        flash(
            _("This form has made its link already. If link or PIN got lost, revoke it and make a new one."), "caution"
        )
        return redirect(asset_url(asset, "handovers"), 303)
    address = url_for("auth.handover.open", token=made.token, _external=True)
    return render_template("handovers/made.html", asset=asset, made=made, address=address)


def _page(asset: Asset, form: HandoverForm) -> str:
    told = code_status.of(asset)
    return render_template(
        "handovers/index.html", asset=asset, form=form, links=making.of_asset(asset, current_user), states=STATES,
        why_not=REFUSALS.get(told), most_days=MOST_DAYS,
    )  # fmt: skip
