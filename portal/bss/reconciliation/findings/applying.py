"""From chosen differences to decisions: both sides first, then one tick and one button for each kind."""

from flask import flash, redirect, request
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.bss.reconciliation.findings import apply_forms, apply_page, picked_rows
from portal.bss.reconciliation.findings.apply_forms import ApplyForm
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.lists.list_address import row_id
from portal.models import FindingAct, FindingKind, ReconciliationRun, Right
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.viewing import present
from portal.web.filters import number
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.post("/runs/<int:run_id>/apply")
@requires(Right.PROVISION)
def apply(run_id):
    """Without the pressed button of a kind nothing is decided: the page shows both sides."""
    run, asked = runs.visible_run(current_user, run_id), apply_forms.asked()
    if asked is None:
        return apply_page.of_request(run).render()
    form = apply_forms.form_for(asked[1])()
    if not form.is_pressed:
        flash(_("Nothing is changed yet. Look at both sides, then press the button of a kind."), "caution")
        return apply_page.of_request(run, form).render()
    if not form.validate_on_submit():
        return apply_page.of_request(run, form).render(), 422
    if "kind" in request.form:
        return _decide_all(run, *asked, form)
    return _decide(run, *asked, form)


def _decide(run: ReconciliationRun, kind: FindingKind, act: FindingAct, form: ApplyForm):
    """Each row by itself. What has moved meanwhile is named and left out."""
    seen = {row.finding_id: row for row in picked_rows.seen_rows(request.form)}
    rows, refused = present.of(current_user, run, list(seen)), {}
    for row in rows:
        if (sentence := _choose(row, kind, act, form, seen[row.finding.id])) is not None:
            refused[row.finding.id] = sentence
    done = len(rows) - len(refused)
    page = apply_page.of_request(run)
    page.moved = [(row, text) for row, text in page.moved if row.finding.id not in seen]
    page.moved += [(row, refused[row.finding.id]) for row in rows if row.finding.id in refused]
    page.drop(refused)
    if done and not refused and not page.groups and not page.alone:
        flash(_decided(done), "positive")
        return redirect(url_for("bss.reconciliation.receipts", run_id=run.id), code=303)
    page.done = done
    return page.render(), 200 if done else 409


def _choose(
    row: present.CurrentFinding, kind: FindingKind, act: FindingAct, form: ApplyForm, seen: picked_rows.SeenRow
) -> str | None:
    """Returns why it was refused."""
    try:
        if row.finding.kind is not kind:
            raise Conflict(_("This is not offered for this difference. Nothing was changed."))
        choosing.choose(
            row.finding, form.decision(act, seen.target_id), version=seen.version, by=current_user,
            seen_asset=seen.asset_version or None,
        )  # fmt: skip
    except (Conflict, InvalidInput, StaleVersion, NotVisible) as refusal:
        return refusal.message
    return None


def _decide_all(run: ReconciliationRun, kind: FindingKind, act: FindingAct, form: ApplyForm):
    most_id = row_id(request.form.get("most_id")) or 0
    values = {"most_id": most_id, "by": current_user, "why": form.decision(act).why}
    if form.carry_out(choosing.choose_all, run, kind, act, **values):
        flash(_decided(form.result), "positive" if form.result else "caution")
        return redirect(url_for("bss.reconciliation.receipts", run_id=run.id), code=303)
    if form.refusal:
        flash(form.refusal.message, "caution")
    return apply_page.of_request(run, form).render(), 409 if form.refusal else 422


def _decided(count: int) -> str:
    if not count:
        return _("Nothing was left to decide: all of them were decided before. Nothing was changed.")
    return ngettext(
        "%(n)s difference is decided. What becomes of it is shown here.",
        "%(n)s differences are decided. What becomes of each is shown here.", count, n=number(count),
    )  # fmt: skip
