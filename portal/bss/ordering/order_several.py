"""Cancels or executes several orders that were ticked in the list, after a preview."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask_login import current_user
from wtforms import HiddenField, TextAreaField

from portal.bss.assets.asset_forms import plain_lines
from portal.bss.ordering.orders import bp
from portal.core import access
from portal.core.errors import DomainError, NotVisible
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.core.paging import MAX_ID, PAGE
from portal.display.lists.list_address import row_id
from portal.models import Order, Right
from portal.services.ordering import decisions, execution, order_rights
from portal.services.ordering.execution import LONGEST_REASON, Decision
from portal.web.forms import Text
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for

_SEEN = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,9})")


class SeveralForm(ActForm):
    seen = HiddenField()
    """Id and version of each order on the page."""
    reason = TextAreaField(lazy("Reason"), filters=[plain_lines], validators=[Text(LONGEST_REASON)])

    def versions(self) -> dict[int, int]:
        found = _SEEN.findall(self.seen.data or "")[:PAGE]
        return {int(order_id): int(version) for order_id, version in found if int(order_id) <= MAX_ID}


@dataclass(frozen=True)
class Preview:
    """The ticked orders that the person sees."""

    orders: list[Order]

    @property
    def to_cancel(self) -> list[Order]:
        return [order for order in self.orders if order.is_waiting and order_rights.may_cancel(order, current_user)]

    @property
    def to_execute(self) -> list[Order]:
        return [order for order in self.orders if order_rights.may_execute(order, current_user)]

    @property
    def seen(self) -> str:
        return " ".join(f"{order.id}-{order.version}" for order in self.orders)


@bp.route("/several", methods=["GET", "POST"])
@requires(Right.ORDER)
def several():
    form = SeveralForm()
    if not form.is_submitted():
        picked = [row_id(text) for text in request.args.getlist("pick")[:PAGE]]
        return _preview(form, filter(None, picked))
    acts = {"cancel": _cancel, "execute": _execute}
    act = request.form.get("act", "")
    if form.validate() and act == "cancel" and not form.reason.data:
        form.reason.errors = [_("Say why; the buyer reads it.")]
    if form.errors or act not in acts or not form.versions():
        return _preview(form, form.versions()), 422 if form.errors else 200
    _say(act, *_each(form.versions(), acts[act], form.reason.data or ""))
    return redirect(url_for(".index"), code=303)


def _cancel(order: Order, version: int, reason: str) -> None:
    decisions.cancel(order, by=current_user, reason=reason, version=version)


def _execute(order: Order, version: int, _reason: str) -> None:
    execution.execute(order, Decision(), version=version, by=current_user)


def _each(versions: dict[int, int], act: Callable, reason: str) -> tuple[int, list[str]]:
    """Each in its own transaction. How many were done, and a sentence for each that was refused."""
    done, refused = 0, []
    for order_id, version in versions.items():
        try:
            act(access.shown_order(current_user, order_id), version, reason)
            done += 1
        except NotVisible:
            refused.append(_("ORD-%(id)s: it is not there.", id=order_id))
        except DomainError as why:
            refused.append(_refusal(f"ORD-{order_id}", why))
    return done, refused


def _refusal(number: str, why: DomainError) -> str:
    """Names the order once."""
    sentence = why.message or _("It cannot be done now.")
    return sentence if number in sentence else f"{number}: {sentence}"


def _say(act: str, done: int, refused: list[str]) -> None:
    if done and act == "cancel":
        flash(ngettext("%(num)s order is cancelled.", "%(num)s orders are cancelled.", done), "positive")
    elif done:
        flash(ngettext("%(num)s order is executed.", "%(num)s orders are executed.", done), "positive")
    for sentence in refused:
        flash(sentence, "caution")


def _preview(form: SeveralForm, order_ids: Iterable[int]) -> str:
    found = []
    for order_id in dict.fromkeys(order_ids):
        try:
            found.append(access.shown_order(current_user, order_id))
        except NotVisible:
            continue
    preview = Preview(found)
    form.seen.data = preview.seen
    return render_template("bss/ordering/several.html", form=form, preview=preview)
