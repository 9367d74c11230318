"""Merging an account into another one that is the same: first which one is kept, then what that changes."""

from typing import Any, Self

from flask import flash, redirect, render_template, request
from flask_login import current_user
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired

from portal.accounts.area import area
from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.account_choice import AccountChoice
from portal.models import Account, Right, User
from portal.services.accounts import account_merges, account_rights
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for


class MergeForm(ActForm):
    kept_version = HiddenField()
    why = StringField(
        lazy("Reason"),
        filters=[strip],
        validators=[Text(account_merges.LONGEST_REASON, empty=lazy("Write why they are the same."))],
    )
    is_same = BooleanField(
        lazy("Both are the same. This cannot be undone."),
        validators=[InputRequired(lazy("Tick this, or leave both as they are."))],
    )

    @classmethod
    def of(cls, merged: Account, kept: Account) -> Self:
        return cls(data={"version": str(merged.version), "kept_version": str(kept.version)})

    def values(self, by: User) -> dict[str, Any]:
        versions = self.seen_version(), self.seen_version(self.kept_version)
        return {"versions": versions, "why": self.why.data, "by": by}

    def lay_over(self, merged: Account, kept: Account) -> None:
        """Takes the current versions, so that pressing again merges what the page shows now."""
        self.version.data, self.kept_version.data = str(merged.version), str(kept.version)

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200


def _is_pressed() -> bool:
    """A return in a field only checks."""
    return request.form.get("act") == "merge"


@area.route("/<int:account_id>/merges", methods=["GET", "POST"])
@requires(Right.EDIT_ACCOUNTS)
def merge(account_id):
    account = access.visible_or_kept_account(current_user, account_id)
    account_rights.check_merge(current_user)
    if account.id != account_id:
        return _is_merged_already(account)
    form = AccountChoice()
    kept = form.found(current_user) if form.validate_on_submit() else None
    if kept is not None:
        return redirect(url_for(".merge_into", account_id=account.id, kept_id=kept.id), code=303)
    alike = account_merges.alike(account, current_user)
    page = render_template("accounts/merge.html", account=account, form=form, alike=alike)
    return page, 422 if form.is_submitted() else 200


@area.route("/<int:account_id>/merges/<int:kept_id>", methods=["GET", "POST"])
@requires(Right.EDIT_ACCOUNTS)
@asks_password(when=_is_pressed)
def merge_into(account_id, kept_id):
    merged = access.visible_or_kept_account(current_user, account_id)
    account_rights.check_merge(current_user)
    kept = access.visible_or_kept_account(current_user, kept_id)
    if merged.id != account_id:
        return _is_merged_already(merged)
    form = MergeForm.of(merged, kept)
    if not form.is_submitted():
        return _preview(merged, kept, form)
    if not form.validate() or not _is_pressed():
        form.carry_out(account_merges.check_seen, merged, kept, form.values(current_user)["versions"])
        return _refused(account_id, kept_id, form)
    if not form.carry_out(account_merges.merge, merged, kept, **form.values(current_user)):
        return _refused(account_id, kept_id, form)
    flash(_("%(merged)s is merged into this account.", merged=f"{merged.code} {merged.name}"), "positive")
    return _to(kept)


def _refused(account_id: int, kept_id: int, form: MergeForm):
    """With both as they are now."""
    merged = access.visible_or_kept_account(current_user, account_id)
    kept = access.visible_or_kept_account(current_user, kept_id)
    if merged.id != account_id:
        return _is_merged_already(merged)
    if form.refusal:
        form.lay_over(merged, kept)
    return _preview(merged, kept, form)


def _preview(merged: Account, kept: Account, form: MergeForm):
    preview = account_merges.preview(merged, kept)
    return render_template("accounts/merge_into.html", preview=preview, form=form), form.status


def _is_merged_already(kept: Account):
    flash(_("That account is merged into this one already."), "message")
    return _to(kept)


def _to(account: Account):
    return redirect(url_for("accounts.show", account_id=account.id), code=303)
