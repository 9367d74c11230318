"""flask reconcile, flask money: compares coupons with what is on record, and applies what is offered for a kind."""

import json
import time
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.commands import reconciling_text as say
from portal.commands.exits import carry_out, stop
from portal.core import access, clock
from portal.core.audit import COMMAND_LINE, Actor
from portal.core.errors import DomainError
from portal.models import CouponUpload, FindingKind, ReconciliationRun, ReconciliationScope, ReconciliationState, User
from portal.models.asset_rules import asset_id_of
from portal.models.reconciliation import WAITING
from portal.services import watchdog
from portal.services.imports import coupon_lists
from portal.services.imports.coupon_lists import named_columns, uploads
from portal.services.imports.coupon_lists.coupon_columns import LABELS
from portal.services.monitoring import health
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import EVERYTHING, RunScope
from portal.services.reconciliation.viewing import results, whole_kinds

Kind, Scope = FindingKind, ReconciliationScope
REFUSED, UNAVAILABLE, DIFFERS = 2, 5, 6
KINDS = [kind.value for kind in whole_kinds.ACTS]
"""About all of which a person can decide at once."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at what a worker does."""
STALLED = 15.0
"""Seconds without progress after which this process does not rely on a worker. Steps that two do at once do no harm."""
LONGEST_PAUSE = 5.0
"""Seconds until BitTitan is asked again where it did not answer. A worker waits for minutes, a person does not."""
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("reconcile")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), help="What the comparison is about.")
@click.option("--account", help="The code of a partner (--scope tree) or of an account (--scope account).")
@click.option("--asset", help="The number of an asset, such as AS-17.")
@click.option("--from", "from_on", type=_DAY, help="The first day of purchase.")
@click.option("--until", "until_on", type=_DAY, help="The last day of purchase.")
@click.option("--file", type=click.Path(path_type=Path), help="A list of coupons from BitTitan's own portal, as CSV.")
@click.option(
    "--column", "columns", multiple=True, metavar="NAME=HEADING", callback=lambda _ctx, _option, given: _named(given),
    help=f"The heading of a column of the file; repeat it for others. Names: {', '.join(LABELS)}.",
)  # fmt: skip
@click.option("--complete", is_flag=True, help="The file holds every coupon that can be redeemed.")
@click.option("--apply", "kind", type=click.Choice(KINDS), help="Apply what is offered for it.")
@click.option("--reason", default="", help="Why it is applied; on record.")
@click.option("--as", "email", help="The e-mail address of the person who does it. Needed for --apply and --file.")
@click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
@with_appcontext
def command(
    scope: str | None, account: str | None, asset: str | None, from_on: datetime | None, until_on: datetime | None,
    file: Path | None, columns: dict[str, str], complete: bool, kind: str | None, reason: str, email: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Compares coupons at BitTitan with what is on record. Changes nothing, unless --apply is given.

    Exit code 0: nothing differs. 6: something does. 2: it cannot be done like this, or some of it could not be applied.
    3: not found. 4: a comparison is under way. 5: BitTitan did not tell everything, so nothing is claimed.
    """
    by = _person(email, is_needed=bool(kind or file))
    scoped = _scoped(scope, account, asset, from_on and from_on.date(), until_on and until_on.date())
    for name, is_given in (("complete", complete), ("column", columns)):
        if is_given and file is None:
            stop(REFUSED, f"--{name} goes with --file.")
    run = _carried_out(_begun(scoped, file, complete, by, as_json, columns))
    applied = _applied(run, Kind(kind), reason, by) if kind and run.state is ReconciliationState.DONE else None
    facts = say.facts(run, applied)
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else say.text(run, applied))
    raise SystemExit(_code(run, applied))


@click.command("money")
@click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
@with_appcontext
def money(as_json: bool) -> None:
    """Compares all coupons at BitTitan with what is on record, and looks for work that nothing continues.

    Exit code 0: every coupon is accounted for. 2: some are not, each is named by its reference. 4: a comparison is
    under way. 5: BitTitan did not tell everything, so nothing is claimed.
    """
    run = _carried_out(_begun(EVERYTHING, None, False, COMMAND_LINE, as_json))
    stuck = watchdog.look() if run.state is ReconciliationState.DONE else []
    facts = say.accounted(run, stuck)
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2)) if as_json else say.say_accounted(run, facts)
    if facts["holds"] is not True:
        raise SystemExit(UNAVAILABLE if facts["holds"] is None else REFUSED)


def _person(email: str | None, *, is_needed: bool) -> Actor:
    if email is None:
        return stop(REFUSED, "Say who does it: --as EMAIL.") if is_needed else COMMAND_LINE
    return access.person_by_email(email) or stop(3, f"There is no person with the address {email}.")


def _scoped(
    scope: str | None, account: str | None, asset: str | None, from_on: date | None, until_on: date | None
) -> RunScope:  # fmt: skip
    """The scope follows from what is given, unless it is a tree."""
    chosen = Scope(scope) if scope else _implied(account, asset, from_on or until_on)
    wanted = {
        "account": chosen in (Scope.TREE, Scope.ACCOUNT), "asset": chosen is Scope.ASSET,
        "from": chosen is Scope.PERIOD, "until": chosen is Scope.PERIOD,
    }  # fmt: skip
    for (name, is_wanted), value in zip(wanted.items(), (account, asset, from_on, until_on), strict=True):
        if is_wanted != (value is not None):
            stop(REFUSED, f"--{name} {'is missing' if is_wanted else 'does not go with'} --scope {chosen.value}.")
    return RunScope(
        chosen, account_id=account and _account_id(account), asset_id=asset and _asset_id(asset), from_on=from_on,
        until_on=until_on,
    )  # fmt: skip


def _implied(account: str | None, asset: str | None, day: date | None) -> ReconciliationScope:
    given = {Scope.ACCOUNT: account, Scope.ASSET: asset, Scope.PERIOD: day}
    return next((scope for scope, value in given.items() if value is not None), Scope.EVERYTHING)


def _account_id(code: str) -> int:
    account = access.account_by_code(code)
    return account.id if account else stop(3, f"There is no account with the code {code}.")


def _asset_id(number: str) -> int:
    return carry_out(access.asset_for_command, asset_id_of(number) or 0).id


def _begun(
    scoped: RunScope, file: Path | None, is_whole: bool, by: Actor, as_json: bool, columns: dict[str, str] | None = None
) -> int:
    if (run := runs.under_way()) is not None:
        if as_json:
            click.echo(json.dumps({"under_way": say.state_of(run)}, indent=2))
        stop(4, f"A comparison is under way already, begun by {run.actor}. {say.progress(run)}")
    if file is None:
        return carry_out(runs.begin, scoped, by=by).id
    if not file.is_file():
        stop(3, f"There is no file {file}.")
    with file.open("rb") as raw:
        upload = carry_out(uploads.receive, file=raw, name=file.name, by=by)
    if columns:
        _read_with(upload, columns, by)
    return carry_out(
        uploads.compare, upload, version=upload.version, scoped=scoped, is_whole=is_whole, by=by
    ).id  # fmt: skip


def _named(given: tuple[str, ...]) -> dict[str, str]:
    """A mapping of --column NAME=HEADING."""
    pairs = [text.partition("=") for text in given]
    if not all(mark for _name, mark, _heading in pairs):
        raise click.BadParameter("write it as NAME=HEADING.")
    columns = {name.strip().lower(): heading.strip() for name, _mark, heading in pairs}
    if len(columns) < len(pairs):
        raise click.BadParameter("each name may be given once.")
    return columns


def _read_with(upload: CouponUpload, columns: dict[str, str], by: User) -> None:
    """A file that cannot be read like this is not kept."""
    try:
        named_columns.read_with(upload, columns, by=by)
    except DomainError as refusal:
        uploads.discard(upload, version=upload.version, by=by)
        stop(REFUSED, str(refusal.message))


def _carried_out(run_id: int) -> ReconciliationRun:
    """By a worker, if one takes it, else in this process. If it is killed, a worker goes on."""
    said, since = "", time.monotonic()
    while not results.has_ended(run := results.fresh(run_id)):
        if (line := say.progress(run)) != said:
            click.echo(line, err=True)
            said, since = line, time.monotonic()
        _step(run_id, is_stalled=time.monotonic() - since > STALLED)
    while run.state is not ReconciliationState.INCOMPLETE and coupon_lists.advance(run_id, lambda: True) is not None:
        pass  # what agreed is deleted
    return results.fresh(run_id)


def _step(run_id: int, *, is_stalled: bool) -> None:
    now = clock.now()
    if health.ages(now).is_beating and not is_stalled:
        time.sleep(LOOK_AGAIN)
        return
    due_at = coupon_lists.advance(run_id, lambda: True)
    if due_at is not None and due_at > now:
        time.sleep(min(max((due_at - clock.now()).total_seconds(), 0), LONGEST_PAUSE))


def _applied(run: ReconciliationRun, kind: FindingKind, reason: str, by: User) -> say.Applied:
    number = carry_out(
        choosing.choose_all, run, kind, whole_kinds.ACTS[kind], most_id=results.last_id(run), by=by, why=reason
    )  # fmt: skip
    _carried_out(run.id)
    refused = [each for each in results.waiting(run, (kind,)) if each.refusal]
    return say.Applied(kind, whole_kinds.ACTS[kind], number, refused)


def _code(run: ReconciliationRun, applied: say.Applied | None) -> int:
    if run.state is not ReconciliationState.DONE:
        return UNAVAILABLE
    if applied is not None and applied.refused:
        return REFUSED
    counted = results.counts(run)
    return DIFFERS if any(counted[state] for state in WAITING) else 0
