"""What was decided in a comparison, and what became of each: a list that looks again by itself, and a file."""

from collections.abc import Iterator

from flask import Response, request
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.core.i18n import gettext as _
from portal.display.reconciliation import receipt_words
from portal.display.wording import finding_wording as words
from portal.models import Finding, FindingState, ReconciliationRun, Right
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.viewing import receipts as kept
from portal.web.pages.downloads import Columns, csv_list
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import Paged
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.get("/runs/<int:run_id>/receipts")
@requires(Right.SEE_TOOLS)
def receipts(run_id):
    run = runs.visible_run(current_user, run_id)
    if request.args.get("format") == "csv":
        return _as_csv(run)
    shown = Paged(request.args, path=url_for("bss.reconciliation.receipts", run_id=run.id), names=())
    shown.slice = kept.page(current_user, run, shown.place)
    rows = [row[0] for row in shown.slice.rows]
    where, counts = kept.recorded(rows), kept.counts(current_user, run)
    return render_page(
        "bss/reconciliation/receipts.html", block="list", run=run, list=shown, words=words, counts=counts,
        receipts=[(row, receipt_words.change(row, where)) for row in rows],
        is_moving=counts[FindingState.CHOSEN] > 0, State=FindingState,
    )  # fmt: skip


def _as_csv(run: ReconciliationRun) -> Response:
    heads = [
        _("Decided"), _("Ended"), _("Kind"), _("About"), _("Decision"), _("Outcome"), _("From"), _("To"), _("Who"),
        _("Reason"), _("Case"), _("Refusal"),
    ]  # fmt: skip
    viewer = current_user._get_current_object()

    def read() -> Iterator[Columns]:
        for some in kept.each(viewer, run):
            where = kept.recorded(some)
            yield list(zip(*(_cells(row, *receipt_words.change(row, where)) for row in some), strict=True))

    return csv_list(heads, read, f"comparison-{run.id}-receipts", _end)


def _end(total: int) -> str:
    return _("End of export: %(total)s receipts", total=total)


def _cells(row: Finding, before: str, after: str) -> list[str]:
    return [
        row.decided_at.isoformat(), row.ended_at.isoformat() if row.ended_at else "", words.kind_words(row.kind),
        words.subject(row), words.act_words(row.act), words.state_words(row), before, after, words.who(row),
        row.why or "", row.case_number or "", row.refusal or "",
    ]  # fmt: skip
