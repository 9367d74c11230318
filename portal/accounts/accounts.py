"""Accounts: the list, the page of one account, its form, and its look-up at BitTitan."""

from functools import partial

from flask import flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.accounts.area import area
from portal.accounts.forms import AccountForm, SyncForm
from portal.accounts.listing import AccountsList, list_address
from portal.accounts.overview import assets_href, calendar_href, overview
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.account_status import flash_saved
from portal.display.lists import list_page, list_search
from portal.display.lists.list_address import address_of, row_id
from portal.display.wording.account_changes import words_for
from portal.models import Account, AccountKind, RequestKind, Right, VendorRequest
from portal.services import accounts, company, users, vendor_requests
from portal.services.accounts import Saved, account_checks, account_history, account_moves, account_page, account_rights
from portal.services.mail import message_list
from portal.services.tax import proposals, tax_codes, vat_ids
from portal.services.tax.proposals import Proposal
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_partial, wants_fragment
from portal.web.pages.pagination import render_list
from portal.web.security.guards import asks_password, requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for


@area.get("")
@requires(Right.SEE_ACCOUNTS)
def index():
    if current_user.account.kind is AccountKind.CUSTOMER:
        return redirect(url_for(".show", account_id=current_user.account_id))
    return _index(request.args)


@area.post("/searches")
@requires(Right.SEE_ACCOUNTS)
def search_all():
    address = partial(list_address, current_user)
    return list_search.answer(current_user, request.form, address_of=address, show=_index)


@area.get("/<int:account_id>")
@requires(Right.SEE_ACCOUNTS)
def show(account_id):
    account = access.visible_or_kept_account(current_user, account_id)
    return _page(account) if account.id == account_id else redirect(url_for(".show", account_id=account.id))


@area.post("/<int:account_id>/searches")
@requires(Right.SEE_ACCOUNTS)
def search(account_id):
    account = access.visible_account(current_user, account_id)
    address = partial(address_of, current_user, url_for(".show", account_id=account.id))
    show = partial(_page, account)
    return list_search.answer(current_user, request.form, address_of=address, show=lambda typed: show(args=typed))


@area.post("/<int:account_id>/exports")
@requires(Right.REVEAL_CODES)
@asks_password
def export(account_id):
    account = access.visible_account(current_user, account_id)
    return list_page.export_with_codes(current_user, request.args, **_list_arguments(account))


@area.route("/new", methods=["GET", "POST"])
@requires(Right.EDIT_ACCOUNTS)
def new():
    form = AccountForm.of(current_user, under=request.args.get("under"), kind=request.args.get("kind"))
    if form.validate_on_submit():
        values = form.new_values(current_user)
        if form.wants_look_up and form.carry_out(account_checks.create, **values):
            return request_page.begin("accounts.requests.show", RequestKind.CREATE_ACCOUNT, 0, form, _told(values))
        if not form.wants_look_up and form.carry_out(accounts.create, **values):
            return _made(form.result)
    return render_template("accounts/new.html", form=form), form.status


def created(vendor_request: VendorRequest):
    """Shows the result of `new` with a look-up."""
    form = AccountForm.of(current_user, vendor_request=vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        return _made(form.result)
    return render_template("accounts/new.html", form=form), form.status


def _made(saved: Saved | None):
    flash_saved(saved, is_new=True)
    return _to(saved.account) if saved else redirect(url_for("accounts.index"), code=303)


def _told(values: dict) -> dict:
    """As the worker is told: the type as a word."""
    return values | {"kind": values["kind"] and values["kind"].value}


def _moves() -> bool:
    """Whether the form moves the account under another one, whose people will then see it and its codes, or gives it
    another type, and with it its people other rights."""
    account = access.visible_account(current_user, request.view_args["account_id"])
    now = {"parent": str(account.parent_id), "kind": account.kind.value}
    return any(request.form.get(name, "") not in ("", value) for name, value in now.items())


@area.route("/<int:account_id>/edit", methods=["GET", "POST"])
@requires(Right.EDIT_ACCOUNTS)
@asks_password(when=_moves)
def edit(account_id):
    account = access.visible_account(current_user, account_id)
    account_rights.check_edit(account, current_user)
    form = AccountForm.of(current_user, account)
    if form.validate_on_submit():
        if (parent := form.unseen_move(account, current_user)) is not None:
            move = account_moves.preview(account, parent)
            return render_template("accounts/move.html", account=account, form=form, move=move)
        values = form.values(current_user)
        if form.wants_look_up and form.carry_out(account_checks.edit, account, **values):
            asked = RequestKind.EDIT_ACCOUNT
            return request_page.begin("accounts.requests.show", asked, account.id, form, _told(values))
        if not form.wants_look_up and form.carry_out(accounts.edit, account, **values):
            flash_saved(form.result)
            return _to(account)
    return _editing(account_id, form)


def edited(vendor_request: VendorRequest):
    """Shows the result of `edit` with a look-up."""
    account = access.visible_account(current_user, vendor_request.subject_id)
    account_rights.check_edit(account, current_user)
    form = AccountForm.of(current_user, account, vendor_request=vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        flash_saved(form.result)
        return _to(account)
    return _editing(account.id, form)


def _editing(account_id: int, form: AccountForm):
    account = access.visible_account(current_user, account_id)
    if form.refusal:
        form.lay_over(account)
    proposal = _proposal(account) if "tax_code" in form else None
    return render_template("accounts/edit.html", account=account, form=form, proposal=proposal), form.status


def _proposal(account: Account) -> Proposal:
    return proposals.propose(company.row().country, account, tax_codes.usable())


@area.get("/<int:account_id>/changes")
@requires(Right.SEE_INTERNALS)
def changes(account_id):
    account = access.visible_account(current_user, account_id)
    rows, older = account_history.changes(account, row_id(request.args.get("before")))
    words = words_for(account, account_history.merged_into(account))
    return render_template("accounts/changes.html", account=account, rows=rows, older=older, change_words=words)


@area.post("/<int:account_id>/syncs")
@requires(Right.SYNCHRONIZE_ACCOUNTS)
def sync(account_id):
    account = access.visible_account(current_user, account_id)
    form = SyncForm.of(account)
    values = form.values(current_user)
    if form.validate_on_submit() and form.carry_out(account_checks.link, account, **values):
        return request_page.begin("accounts.requests.show", RequestKind.LINK_ACCOUNT, account.id, form, values)
    return _unsynchronized(account_id, form)


def linked(vendor_request: VendorRequest):
    """Shows the result of `sync`."""
    form = SyncForm.of_request(access.visible_account(current_user, vendor_request.subject_id), vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        flash_saved(form.result)
        return _synchronized(vendor_request.subject_id)
    return _unsynchronized(vendor_request.subject_id, form)


def _unsynchronized(account_id: int, form: SyncForm):
    flash(form.refusal.message if form.refusal else _("Nothing was saved. The reason is beside the field."), "caution")
    return _synchronized(account_id, form)


@area.route("/<int:account_id>/disablings", methods=["GET", "POST"])
@requires(Right.EDIT_ACCOUNTS)
@asks_password
def disable(account_id):
    account = access.visible_account(current_user, account_id)
    account_rights.check_edit(account, current_user)
    form = ActForm()
    if form.validate_on_submit() and form.carry_out(accounts.disable, account, by=current_user):
        flash(_("%(name)s is disabled. Its people are signed out.", name=account.name), "positive")
        return _to(account)
    account = access.visible_account(current_user, account_id)
    around = account_page.summary(account, current_user, with_people=True)
    status = 409 if form.refusal else 200
    return render_template("accounts/disable.html", account=account, form=form, around=around), status


@area.post("/<int:account_id>/enablings")
@requires(Right.EDIT_ACCOUNTS)
@asks_password
def enable(account_id):
    account = access.visible_account(current_user, account_id)
    accounts.enable(account, by=current_user)
    flash(_("%(name)s is enabled again. Its people can sign in.", name=account.name), "positive")
    return _to(account)


def _index(args: MultiDict):
    shown = AccountsList(current_user, args)
    return shown.as_csv() if args.get("format") == "csv" else render_list("accounts/index.html", shown)


def _page(account: Account, form: SyncForm | None = None, *, args: MultiDict | None = None):
    """Returns the page with its list of assets; for htmx only the list."""
    context = _context(account, form)
    if not wants_fragment():
        around = account_page.summary(account, current_user, with_people=context["shows_people"])
        context |= {"around": around, "overview": overview(account, current_user, around)}
        context["change_words"] = words_for(account)
        if current_user.may(Right.SEE_TOOLS):
            own = [account.contact_email, account.billing_email]
            context["refused"] = message_list.refused_addresses([*own, *(each.email for each in around.people)])
    args = request.args if args is None else args
    return list_page.answer("accounts/show.html", viewer(), args, **_list_arguments(account), **context)


def _list_arguments(account: Account) -> dict:
    """Returns the arguments of the account's list of assets: its address, its account and the layout of its rows."""
    layout = "account-own" if account.kind is AccountKind.CUSTOMER else "account"
    return {"path": url_for("accounts.show", account_id=account.id), "within": account, "row_layout": layout}


def _context(account: Account, form: SyncForm | None) -> dict:
    manages_people = users.manageable(account, current_user)
    return {
        "account": account,
        "vat_is_plausible": account.vat_number and vat_ids.is_plausible(account.vat_number, account.country),
        "sync_form": form.lay_over(account) if form else SyncForm.afresh(account),
        "may_edit": account_rights.may_edit(account, current_user),
        "may_merge": account_rights.may_merge(current_user),
        "may_synchronize": account_rights.may_synchronize(account, current_user),
        "manages_people": manages_people,
        "shows_people": manages_people or current_user.is_staff,
        "sees_invoices": current_user.may(Right.SEE_INVOICES)
        and not account.is_distributor
        and account.pays_itself
        and (current_user.is_staff or account.id == current_user.account_id),
        "list_title": _("Assets"),
        "calendar": calendar_href(account, current_user),
        "list_all": assets_href(account, current_user),
        "empty_text": _("Nothing has been ordered for this account yet."),
    }


def _synchronized(account_id: int, form: SyncForm | None = None):
    """Returns the synchronization panel for htmx, otherwise the account's page."""
    account = access.visible_account(current_user, account_id)
    status = form.status if form else 200
    if wants_fragment():
        return render_partial("accounts/_sync.html", **_context(account, form)), status
    return _to(account) if form is None else (_page(account, form), status)


def _to(account: Account):
    return redirect(url_for("accounts.show", account_id=account.id), code=303)
