"""The page “Who will be told” of an asset, shared by all areas."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from wtforms import StringField

from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.list_address import row_id
from portal.models import Asset, Right, User
from portal.services.reminders import choices, outlook
from portal.services.reminders.candidates import WhyNot
from portal.services.reminders.people import Told, Why
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import asset_url

WHY_NOT = {
    WhyNot.NOTHING_NEAR: lazy("No day comes near: it has no code, was cancelled, or its licences have no known end."),
    WhyNot.OVER: lazy("The last day is over."),
    WhyNot.IMPORTED: lazy("Reminders of imported assets are off until somebody switches them on."),
    WhyNot.SWITCHED_OFF: lazy("Reminders of this asset are switched off."),
    WhyNot.SPENT: lazy("The code has been used, or is worth nothing any more."),
    WhyNot.ABSENT: lazy("BitTitan does not list this code any more. It may have been redeemed."),
    WhyNot.BEING_REVOKED: lazy("The code is about to be revoked."),
    WhyNot.DISPUTED: lazy("Another asset claims this code. We look into it first."),
}


class AddressForm(ActForm):
    address = StringField(
        lazy("E-mail address"),
        filters=[one_line],
        validators=[Text(choices.LONGEST_ADDRESS, empty=lazy("Enter an e-mail address."))],
    )
    name = StringField(lazy("Name"), filters=[one_line], validators=[Text(choices.LONGEST_NAME)])

    def values(self) -> dict:
        return {"address": self.address.data, "name": self.name.data or "", "by": current_user}

    @property
    def status(self) -> int:
        return 422 if self.errors else 200


def add_to(bp: Blueprint) -> None:
    @bp.get("/<int:asset_id>/reminders")
    @requires(Right.SEE_ASSETS)
    def reminders(asset_id):
        return _page(access.visible_asset(current_user, asset_id), AddressForm(formdata=None))

    @bp.post("/<int:asset_id>/reminders/switches")
    @requires(Right.EDIT_ACCOUNTS)
    def switch_reminders(asset_id):
        asset, is_on = access.visible_asset(current_user, asset_id), request.form.get("on") == "1"
        choices.switch(asset, is_on=is_on, by=current_user)
        flash(_("Reminders are on.") if is_on else _("Reminders are off."), "positive")
        return _again(asset)

    @bp.post("/<int:asset_id>/reminders/recipients")
    @requires(Right.EDIT_ACCOUNTS)
    def add_reminded(asset_id):
        asset, form = access.visible_asset(current_user, asset_id), AddressForm()
        if form.validate_on_submit() and form.carry_out(choices.add, asset.account, asset, **form.values()):
            flash(_("The address is told, too. This is recorded."), "positive")
            return _again(asset)
        return _page(asset, form), form.status

    @bp.post("/<int:asset_id>/reminders/removals")
    @requires(Right.EDIT_ACCOUNTS)
    def remove_reminded(asset_id):
        asset = access.visible_asset(current_user, asset_id)
        recipient_id = row_id(request.form.get("recipient")) or 0
        choices.remove(recipient_id, account=asset.account, by=current_user)
        flash(_("The address is told no more."), "positive")
        return _again(asset)


def why_words(told: Told) -> str:
    account = told.home.name
    if told.added is not None:
        name = _name_of(told.added.added_by, current_user)
        return _("Added by %(person)s", person=name) if name else _("Added by an administrator")
    return {
        Why.USER: _("Can sign in for %(account)s", account=account),
        Why.PARTNER: _("Can sign in for the partner, %(account)s", account=account),
        Why.CONTACT: _("Contact address of %(account)s; nobody can sign in", account=account),
    }[told.why]


def _name_of(person: User, viewer: User) -> str | None:
    """A person of the viewer's own tree; of another one the account, if the viewer may know it."""
    if viewer.is_staff or viewer.account_id in (person.account_id, person.account.branch_id):
        return person.name
    return person.account.name if access.may_see_name(viewer, person.account) else None


def _again(asset: Asset):
    return redirect(asset_url(asset, "reminders"), code=303)


def _page(asset: Asset, form: AddressForm) -> str:
    return render_template(
        "reminders/asset.html", asset=asset, form=form, outlook=outlook.of(asset, current_user), why_not=WHY_NOT,
        why_words=why_words, may_choose=current_user.may(Right.EDIT_ACCOUNTS), may_add=choices.may_add(current_user),
    )  # fmt: skip
