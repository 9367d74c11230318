"""The work queue: what waits for a person, and the actions that help many assets at once."""

from flask import flash, redirect, render_template
from flask_login import current_user

from portal.bss.area import area
from portal.bss.inbox.inbox_page import GroupPage, queue_page
from portal.bss.inbox.link_form import LinkForm
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.account_status import flash_saved
from portal.models import RequestKind, Right, VendorRequest
from portal.services import vendor_requests
from portal.services.accounts import account_checks
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for


@area.get("/")
@requires(Right.SEE_ASSETS)
def index():
    return render_page("bss/index.html", block="queue", **queue_page(current_user))


@area.get("/queue/<cause>")
@requires(Right.SEE_ASSETS)
def group(cause):
    return render_template("bss/inbox/show.html", group=GroupPage(current_user, cause), form=None)


@area.post("/queue/<cause>/accounts/<int:account_id>/syncs")
@requires(Right.SYNCHRONIZE_ACCOUNTS)
def link(cause, account_id):
    """Synchronizes a billed account; `cause` is the group to come back to."""
    account, form = access.visible_account(current_user, account_id), LinkForm()
    values = form.values(current_user)
    if form.validate_on_submit() and form.carry_out(account_checks.link, account, **values):
        return request_page.begin(
            "bss.requests.show", RequestKind.LINK_PAYER, account.id, form, values | {"cause": cause}
        )
    return _not_linked(cause, account_id, form)


def linked(vendor_request: VendorRequest):
    """Shows the result of `link`."""
    cause, form = vendor_request.typed["values"]["cause"], LinkForm.as_typed(vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        flash_saved(form.result)
        return redirect(url_for("bss.group", cause=cause), code=303)
    return _not_linked(cause, vendor_request.subject_id, form)


def _not_linked(cause: str, account_id: int, form: LinkForm):
    flash(form.refusal.message if form.refusal else _("Nothing was saved. The reason is beside the field."), "caution")
    page = GroupPage(current_user, cause, refused=(account_id, form))
    return render_template("bss/inbox/show.html", group=page), form.status
