"""Orders a leaving pack on the page of its account, shows how far it is, and sends it to whoever may take it."""

import uuid
from typing import Self

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context
from flask_login import current_user
from wtforms import HiddenField, TextAreaField
from wtforms.validators import UUID

from portal.bss.assets.asset_forms import plain_lines
from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import LeavingPackState, Right, User
from portal.services import leaving_packs
from portal.services.leaving_packs import LONGEST_REASON
from portal.web.forms import Text
from portal.web.forms.action_forms import ActForm
from portal.web.pages.downloads import disposition
from portal.web.pages.fragments import render_page
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for

bp = Blueprint("leaving_packs", __name__)
ORDER = "order"
STATES = {
    LeavingPackState.MAKING: lazy("Being made"),
    LeavingPackState.READY: lazy("Ready"),
    LeavingPackState.DELETED: lazy("Deleted"),
}


class PackForm(ActForm):
    key = HiddenField(validators=[UUID()])
    """Made with the empty form, so that a form that is sent twice orders one pack."""
    reason = TextAreaField(
        lazy("Reason"), filters=[plain_lines], validators=[Text(LONGEST_REASON, empty=lazy("Say why it is made."))]
    )

    @classmethod
    def afresh(cls) -> Self:
        return cls(data={"key": str(uuid.uuid4())})

    def is_pressed(self) -> bool:
        """A form that is sent without its button is only checked."""
        return self.validate_on_submit() and _is_order()

    @property
    def status(self) -> int:
        return 422 if self.is_submitted() and self.errors else 200

    def values(self, by: User) -> dict:
        return {"key": self.key.data, "reason": self.reason.data, "by": by}


def _is_order() -> bool:
    return request.form.get("act") == ORDER


@bp.route("/accounts/<int:account_id>/leaving-packs", methods=["GET", "POST"])
@requires(Right.REVEAL_CODES)
@asks_password(when=_is_order)
def index(account_id):
    account = access.visible_account(current_user, account_id)
    leaving_packs.check_account(account)
    form = PackForm.afresh()
    if form.is_pressed() and form.carry_out(leaving_packs.order, account, **form.values(current_user)):
        return redirect(url_for("bss.leaving_packs.show", pack_id=form.result.id), 303)
    packs = leaving_packs.of_account(account)
    page = render_template(
        "bss/leaving_packs/index.html", account=account, form=form, packs=packs, states=STATES,
        kept=leaving_packs.KEPT.days, number_of=leaving_packs.number,
    )  # fmt: skip
    return page, form.status


@bp.get("/leaving-packs/<int:pack_id>")
@requires(Right.REVEAL_CODES)
def show(pack_id):
    pack = leaving_packs.one(pack_id)
    return render_page(
        "bss/leaving_packs/show.html", block="article", pack=pack, number=leaving_packs.number(pack), states=STATES,
        may_take=leaving_packs.may_take(pack, current_user), kept=leaving_packs.KEPT.days,
    )  # fmt: skip


@bp.post("/leaving-packs/<int:pack_id>/downloads")
@requires(Right.REVEAL_CODES)
@asks_password
def download(pack_id):
    pack = leaving_packs.one(pack_id)
    name = disposition(f"{pack.account.code}-{leaving_packs.number(pack)}.zip")
    content = leaving_packs.send(pack, by=current_user)
    response = Response(stream_with_context(content), mimetype="application/zip")
    response.headers["Content-Disposition"] = name
    response.content_length = pack.size
    return response


@bp.post("/leaving-packs/<int:pack_id>/deletions")
@requires(Right.REVEAL_CODES)
def delete(pack_id):
    pack = leaving_packs.one(pack_id)
    if leaving_packs.discard(pack, by=current_user):
        flash(_("The pack is deleted. Who ordered and downloaded it stays on record."), "positive")
    else:
        flash(_("The pack was deleted before."), "caution")
    return redirect(url_for("bss.leaving_packs.show", pack_id=pack.id), 303)
