"""The page of one comparison: its differences, kind by kind, filtered and searched, and as a file."""

from collections.abc import Callable

from flask import Response, flash, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.reconciliation.area import bp
from portal.bss.reconciliation.runs import run_export
from portal.bss.reconciliation.runs.run_view import RunView, run_address
from portal.bss.reconciliation.runs.runs import may_go_on
from portal.bss.reconciliation.scope_form import ScopeForm
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.display.wording import reconciliation_wording as words
from portal.models import ReconciliationRun, Right
from portal.services.reconciliation.scanning import runs
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.pages.polling import is_poll
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.get("/runs/<int:run_id>")
@requires(Right.SEE_TOOLS)
def show(run_id):
    return _page(runs.visible_run(current_user, run_id), request.args)


@bp.post("/runs/<int:run_id>/searches")
@requires(Right.SEE_TOOLS)
def search(run_id):
    run = runs.visible_run(current_user, run_id)
    return list_search.answer(
        current_user,
        request.form,
        address_of=lambda args: run_address(run, args),
        show=lambda args: _page(run, args),
    )


@bp.get("/runs/<int:run_id>/differences.csv")
@requires(Right.SEE_TOOLS)
def export(run_id):
    run = runs.visible_run(current_user, run_id)
    return run_export.as_csv(run, RunView(current_user, run, request.args).filters)


@bp.post("/runs/<int:run_id>/stops")
@requires(Right.USE_TOOLS)
def stop(run_id):
    return _after(runs.visible_run(current_user, run_id), runs.stop, _("Stopped. Nothing is concluded from it."))


@bp.post("/runs/<int:run_id>/continuations")
@requires(Right.USE_TOOLS)
def go_on(run_id):
    return _after(runs.visible_run(current_user, run_id), runs.go_on, _("It goes on where it was."))


def _after(run: ReconciliationRun, act: Callable, sentence: str):
    """The page shows how the comparison is now, also if somebody was faster."""
    form = ActForm()
    if form.carry_out(act, run, by=current_user):
        flash(sentence, "positive")
        return redirect(url_for(".show", run_id=run.id), code=303)
    flash(form.refusal.message, "caution")
    return _page(runs.visible_run(current_user, run.id), MultiDict()), 409


def _page(run: ReconciliationRun, args: MultiDict) -> str | Response:
    """While it is under way, a poll reads all of it; later a chip or a search reads the list alone."""
    shown = RunView(current_user, run, args).read()
    context = {"run": run, "again": ScopeForm.like(run), "may_go_on": may_go_on(run), "words": words}
    if is_poll():
        return render_page("bss/reconciliation/run.html", block="run", list=shown, **context)
    return render_list("bss/reconciliation/run.html", shown, **context)
