"""Billing > Invoice runs: the list, the preview, the progress and the receipt of one."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user

from portal.bss.invoice_runs import run_wording
from portal.bss.invoice_runs.run_forms import ChoiceForm, NewForm, ScheduleForm, StartForm
from portal.bss.invoice_runs.run_receipt import receipt
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import InvoiceRun, Right, RunItemState
from portal.services.invoicing import runs
from portal.services.invoicing.runs import not_in_run, run_page, schedule
from portal.services.invoicing.runs.run_page import Outcome
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires

bp = Blueprint("invoice_runs", __name__, url_prefix="/billing/invoice-runs")
_TAKEN = (RunItemState.WAITING, RunItemState.DRAFTED, RunItemState.ISSUED)


@bp.get("")
@requires(Right.INVOICE)
def index():
    return _index()


@bp.post("/new")
@requires(Right.INVOICE)
def new():
    form = NewForm.make()
    if form.validate_on_submit() and form.carry_out(runs.make, **form.values(current_user)):
        return _to(form.result)
    return _index(form), form.status


@bp.post("/schedule")
@requires(Right.INVOICE)
def plan():
    form = ScheduleForm.of(schedule.current())
    if form.validate_on_submit() and form.carry_out(schedule.save, **form.values(current_user)):
        flash(run_wording.scheduled(form.result), "positive")
        return redirect(run_wording.index_href(), code=303)
    _flash_refusal(form)
    return _index(planned=form), 409 if form.refusal else 422


@bp.get("/<int:run_id>")
@requires(Right.INVOICE)
def show(run_id):
    run = run_page.of(run_id)
    return receipt(run) if request.args.get("format") == "csv" else _page(run)


@bp.post("/<int:run_id>/starts")
@requires(Right.INVOICE)
def start(run_id):
    run, form = run_page.of(run_id), StartForm()
    if not form.is_start:
        return _to(run) if form.has_seen(run) else _refused(run_id, form)
    if form.carry_out(runs.start, run, version=form.seen_version(), by=current_user):
        return _to(run)
    return _refused(run_id, form)


@bp.post("/<int:run_id>/stops")
@requires(Right.INVOICE)
def stop(run_id):
    run, form = run_page.of(run_id), ActForm()
    if form.carry_out(runs.stop, run, by=current_user):
        flash(_("Stopped. What was issued stays. Nothing else is issued."), "positive")
        return _to(run)
    return _refused(run_id, form)


@bp.post("/<int:run_id>/choices")
@requires(Right.INVOICE)
def choose(run_id):
    run, form = run_page.of(run_id), ChoiceForm()
    if form.carry_out(runs.take_or_leave, run, **form.values(current_user)):
        return _to(run)
    return _refused(run_id, form)


@bp.post("/<int:run_id>/repeats")
@requires(Right.INVOICE)
def again(run_id):
    run, form = run_page.of(run_id), ActForm()
    if form.carry_out(runs.make_again, run, by=current_user):
        return _to(form.result)
    return _refused(run_id, form)


def _to(run: InvoiceRun):
    return redirect(run_wording.href(run), code=303)


def _flash_refusal(form: ActForm) -> None:
    if form.refusal:
        flash(form.refusal.message, "caution")


def _refused(run_id: int, form: ActForm):
    """The run's current state, with the refusal."""
    _flash_refusal(form)
    return _page(run_page.of(run_id)), 409


def _index(form: NewForm | None = None, planned: ScheduleForm | None = None) -> str:
    rows, older = run_page.newest(row_id(request.args.get("before")))
    forms = {"form": form or NewForm.make(), "planned": planned or ScheduleForm.of(schedule.current())}
    return render_page(
        "bss/invoice_runs/index.html", block="runs", rows=rows, older=older, words=run_wording, **forms
    )  # fmt: skip


def _page(run: InvoiceRun) -> str:
    text = request.args.get("outcome", "")
    wanted = Outcome(text) if text in list(Outcome) else None
    after = row_id(request.args.get("after"))
    return render_page(
        "bss/invoice_runs/show.html",
        block="run",
        run=run,
        words=run_wording,
        counts=run_page.counts(run),
        wanted=wanted,
        receipt=run_page.page(run, wanted, after),
        sums=run_page.sums(run, *_TAKEN),
        others=[(name, not_in_run.tallied(run.others, name)) for name in not_in_run.REASONS],
        outcome_of=run_page.OF_STATE,
        here=run_wording.href(run, outcome=wanted, after=after),
    )
