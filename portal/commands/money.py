"""flask money, also flask reconcile: checks that every coupon that BitTitan issued for us is accounted for."""

import json

import click
from flask.cli import with_appcontext

from portal.commands.exits import carry_out
from portal.core.audit import COMMAND_LINE
from portal.display.wording.comparison_wording import finding_sentence, incomplete_sentence
from portal.models import ComparisonRun
from portal.services.reconciliation import runs

REFUSED, UNAVAILABLE = 2, 5


@click.command("money")
@click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
@with_appcontext
def command(as_json: bool) -> None:
    """Compares all coupons at BitTitan with what is on record.

    Exit code 0: every one is accounted for. 2: some are not, each is named by its reference. 4: a comparison is under
    way. 5: BitTitan did not tell everything, so nothing is claimed.
    """
    run = carry_out(runs.run, by=COMMAND_LINE)
    click.echo(json.dumps(_facts(run), indent=2)) if as_json else _say(run)
    if not run.is_complete:
        raise SystemExit(UNAVAILABLE)
    if not run.is_well:
        raise SystemExit(REFUSED)


def _say(run: ComparisonRun) -> None:
    if not run.is_complete:
        click.echo(incomplete_sentence(run), err=True)
        return
    click.echo(
        f"BitTitan shows {run.count('shown')} coupons: {run.count('recorded')} recorded, {run.count('surplus')} in the "
        f"surplus register, {run.count('open')} of open attempts, {run.count('others')} not ours. "
        f"{run.count('asked')} more were asked for one by one."
    )
    for finding in run.findings:
        click.echo(finding_sentence(finding))
    missing = run.count("findings") - len(run.findings)
    if missing > 0:
        click.echo(f"And {missing} more.")
    if run.is_well:
        click.echo("Every coupon is accounted for.")


def _facts(run: ComparisonRun) -> dict:
    last = runs.last_complete()
    return {
        "holds": run.is_well if run.is_complete else None,
        "complete": run.is_complete,
        "cause": run.cause,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat(),
        "counts": {name: run.count(name) for name in runs.COUNTS},
        "findings": run.findings,
        "last_complete": last and last.finished_at.isoformat(),
    }
