"""The list of comparisons, and a new one."""

from flask import flash, redirect, request
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.bss.reconciliation.scope_form import ScopeForm
from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.display.wording import reconciliation_wording as words
from portal.models import ReconciliationRun, Right
from portal.services.reconciliation.completeness import is_overdue
from portal.services.reconciliation.scanning import runs
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return _index(ScopeForm())


@bp.post("/runs")
@requires(Right.USE_TOOLS)
def start():
    form = ScopeForm()
    if form.validate_on_submit() and form.carry_out(runs.begin, form.scoped, by=current_user):
        flash(_("Started. This page is updated while it goes on; you can close it."), "positive")
        return redirect(url_for(".show", run_id=form.result.id), code=303)
    if form.refusal:
        flash(form.refusal.message, "caution")
    return _index(form), 409 if form.refusal else 422


def may_go_on(run: ReconciliationRun) -> bool:
    return runs.may_go_on(run) and current_user.may(Right.USE_TOOLS)


def _index(form: ScopeForm) -> str:
    before = row_id(request.args.get("before"))
    is_scheduled = request.args.get("scheduled") == "1"
    rows, older = runs.page(current_user, before, is_scheduled=is_scheduled)
    newest = rows[0] if rows and before is None else None
    return render_page(
        "bss/reconciliation/index.html",
        block="article",
        form=form,
        rows=rows,
        older=older,
        newest=newest,
        is_first_page=before is None,
        scheduled="1" if is_scheduled else None,
        is_overdue=is_overdue(clock.now()),
        may_go_on=newest is not None and may_go_on(newest),
        words=words,
    )
