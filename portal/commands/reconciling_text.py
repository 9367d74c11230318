"""What flask reconcile and flask money print."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from portal.display.wording.cause_wording import cause_words
from portal.display.wording.finding_wording import kind_words
from portal.models import FindingAct, FindingKind, FindingState, ReconciliationRun, ReconciliationState
from portal.models.reconciliation import MOVING, WAITING
from portal.providers.causes import Cause
from portal.services.reconciliation import completeness
from portal.services.reconciliation.viewing import results
from portal.services.reconciliation.viewing.results import Result
from portal.services.watchdog import Stuck

_DOES = {
    ReconciliationState.LISTING: "the coupons are being listed",
    ReconciliationState.ASKING: "BitTitan is asked about what it did not list",
    ReconciliationState.MATCHING: "both sides are being compared",
    ReconciliationState.SEARCHING: "assets without a code are being looked for",
}


@dataclass(frozen=True)
class Applied:
    kind: FindingKind
    act: FindingAct
    chosen: int
    refused: list[Result]


def progress(run: ReconciliationRun) -> str:
    what = _DOES.get(run.state, "what was decided is being carried out")
    silence = " BitTitan did not answer; it is asked again." if run.tries else ""
    asked = f"{run.count('asked')} asked for one by one"
    return f"Comparison {run.id}: {what}; {run.count('listed')} coupons listed, {asked}.{silence}"


def state_of(run: ReconciliationRun) -> dict[str, Any]:
    return {
        "run": run.id,
        "scope": run.scope.value,
        "source": run.source.value,
        "by": run.actor,
        "state": run.state.value,
        "is_under_way": run.state in MOVING,
        "cause": run.cause,
        "started_at": run.made_at.isoformat(),
        "ended_at": run.ended_at and run.ended_at.isoformat(),
        "counts": run.counts,
    }


def facts(run: ReconciliationRun, applied: Applied | None) -> dict[str, Any]:
    numbers = results.counts(run)
    differences = {state.value: {kind.value: n for kind, n in numbers[state].items()} for state in FindingState}
    return state_of(run) | {
        "refused_lines": run.refused,
        "differences": {name: kinds for name, kinds in differences.items() if kinds},
        "findings": [_finding(each) for each in results.waiting(run)],
        "applied": applied and {
            "kind": applied.kind.value, "act": applied.act.value, "chosen": applied.chosen,
            "refused": len(applied.refused),
        },
    }  # fmt: skip


def text(run: ReconciliationRun, applied: Applied | None) -> str:
    return "\n".join(_lines(run, applied))


def _lines(run: ReconciliationRun, applied: Applied | None) -> Iterator[str]:
    if run.state is not ReconciliationState.DONE:
        yield incomplete(run)
        return
    yield (
        f"Comparison {run.id}: {run.count('listed')} coupons listed, {run.count('asked')} more asked for one by one, "
        f"{run.count('matched')} agree."
    )
    if run.count("refused"):
        yield f"{run.count('refused')} lines of the file could not be read:"
        yield from (f"line {line}, {column}: {why}" for line, column, why in run.refused)
    numbers = results.counts(run)
    for kind in FindingKind:
        parts = [f"{numbers[state][kind]} {state.value}" for state in FindingState if numbers[state][kind]]
        if parts:
            yield f"{kind_words(kind)} ({kind.value}): {', '.join(parts)}"
    if applied is not None:
        yield f"Applied to {applied.chosen} ({applied.act.value}); {len(applied.refused)} could not be done."
        yield from (f"{_what(each)}: {each.refusal}" for each in applied.refused)
    if not any(numbers[state] for state in WAITING):
        yield "Nothing differs."


def incomplete(run: ReconciliationRun) -> str:
    if run.state is ReconciliationState.STOPPED:
        return "The comparison was stopped, so there is no result."
    if run.cause == Cause.NOT_SUPPORTED:
        return "This server cannot be searched: whether every coupon is accounted for cannot be known."
    return f"BitTitan did not answer everything ({cause_words(run.cause)}), so there is no result."


def accounted(run: ReconciliationRun, stuck: list[Stuck]) -> dict[str, Any]:
    """For flask money: coupons that are not accounted for, and work that nothing continues."""
    found = [_finding(each) for each in results.waiting(run, results.OF_COUPONS)]
    found += [
        {"kind": "stuck", "reference": each.reference, "asset_id": each.asset_id, "what": _of_stuck(each)}
        for each in stuck
    ]
    is_complete, last = run.state is ReconciliationState.DONE, completeness.last_full()
    return {
        "holds": not found if is_complete else None,
        "complete": is_complete,
        "cause": run.cause,
        "started_at": run.made_at.isoformat(),
        "finished_at": run.ended_at and run.ended_at.isoformat(),
        "counts": run.counts,
        "findings": found,
        "last_complete": last and last.ended_at.isoformat(),
    }


def say_accounted(run: ReconciliationRun, told: dict[str, Any]) -> None:
    if not told["complete"]:
        click.echo(incomplete(run), err=True)
        return
    click.echo(
        f"BitTitan lists {run.count('listed')} coupons, {run.count('asked')} more were asked for one by one. "
        f"{run.count('matched')} agree with what is on record, {run.count('open')} belong to open attempts."
    )
    for finding in told["findings"]:
        click.echo(f"{finding['what'].rstrip('.')}.")
    if told["holds"]:
        click.echo("Every coupon is accounted for.")


def _of_stuck(each: Stuck) -> str:
    whose = f"AS-{each.asset_id} under {each.reference} is stuck" if each.asset_id else "A job is not being done"
    return f"{whose}: {each.what}"


def _finding(each: Result) -> dict[str, Any]:
    return {
        "kind": each.kind.value, "state": each.state.value, "reference": each.reference,
        "coupon_id": each.bittitan_id, "asset_id": each.asset_id, "differences": each.differences, "what": _what(each),
    }  # fmt: skip


def _what(each: Result) -> str:
    of_asset = f" AS-{each.asset_id}" if each.asset_id else ""
    mark = each.reference or each.bittitan_id
    return f"{kind_words(each.kind)}:{of_asset}{f' under {mark}' if mark else ''}"
