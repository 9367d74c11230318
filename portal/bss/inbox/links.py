"""Links billed accounts to BitTitan from the page of a cause, several on one page."""

from flask import flash, redirect, render_template
from flask_login import current_user

from portal.bss.area import area
from portal.bss.inbox.cause_page import CausePage
from portal.bss.inbox.link_form import LinksForm
from portal.core import access
from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.account_status import flash_saved
from portal.models import RequestKind, Right, VendorRequest
from portal.services import vendor_requests
from portal.services.accounts import account_checks
from portal.web.security.guards import requires
from portal.web.urls import url_for


@area.post("/queue/<cause>/links")
@requires(Right.SYNCHRONIZE_ACCOUNTS)
def link(cause):
    """`cause` is the page to come back to. Return in a field saves the addresses that were changed."""
    links = LinksForm.submitted()
    chosen = links.chosen(current_user)
    if not chosen:
        flash(_("No address was changed. Press the button beside an account to look it up again."), "caution")
        return _page(cause, links), 422
    checked = [
        form.validate() and form.carry_out(account_checks.link, account, **form.values(current_user))
        for account, form in chosen
    ]
    if not all(checked):
        return _not_linked(cause, links)
    wanted = [
        {"id": account.id, "version": form.seen_version(), "email": form.bittitan_email.data}
        for account, form in chosen
    ]
    values = {"cause": cause, "wanted": wanted}
    return request_page.begin("bss.requests.show", RequestKind.LINK_PAYER, chosen[0][0].id, links, values)


def linked(vendor_request: VendorRequest):
    """Shows the result of `link`. What was typed for other accounts is still there."""
    cause, links = vendor_request.typed["values"]["cause"], LinksForm.as_typed(vendor_request)
    try:
        results = vendor_requests.outcome(vendor_request) or []
    except DomainError as refusal:
        flash(refusal.message, "caution")
        return _page(cause, links), 409
    for result in results:
        account = access.visible_account(current_user, result.account_id)
        if links.form(account).carry_out(result.value):
            flash_saved(links.form(account).result)
            links.forget(account)
    if links.status != 200:
        return _not_linked(cause, links)
    if links.holds_more(current_user):
        return _page(cause, links)
    return redirect(url_for("bss.group", cause=cause), code=303)


def _not_linked(cause: str, links: LinksForm):
    for message in links.refusals or [_("Nothing was saved. The reason is beside the field.")]:
        flash(message, "caution")
    return _page(cause, links), links.status


def _page(cause: str, links: LinksForm) -> str:
    return render_template("bss/inbox/show.html", page=CausePage(current_user, cause, links))
