"""What a run is going to bill: one item for each invoice, and what is missing before it can be issued."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm.attributes import set_committed_value

from portal.core import audit
from portal.core.audit import Actor
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Account,
    Invoice,
    InvoiceRhythm,
    InvoiceRun,
    InvoiceRunItem,
    Order,
    RunItemState,
    RunOrigin,
    RunState,
)
from portal.services import company as company_service
from portal.services.invoicing import (
    billable,
    drafts,
    readiness,
)
from portal.services.invoicing.billable import Found
from portal.services.invoicing.documents import contents
from portal.services.invoicing.documents.contents import Sources
from portal.services.invoicing.drafts import Codes
from portal.services.invoicing.readiness import Standing
from portal.services.invoicing.runs import begin, count_waiting, end, not_in_run
from portal.services.invoicing.runs.not_in_run import Tally

AT_ONCE = 100
AGAIN = (RunItemState.LEFT_OUT, RunItemState.NOT_ISSUED, RunItemState.NOT_BEGUN)


@dataclass
class Planned:
    items: list[InvoiceRunItem] = field(default_factory=list)
    later: Tally = field(default_factory=Tally)
    """Delivered after the period."""


def plan(account_ids: Sequence[int], until: date) -> Planned:
    """Reads only. The items belong to no run yet."""
    company, codes = company_service.row(), drafts.tax_codes()
    planned = Planned()
    for account_id in account_ids:
        payer = db.session.get_one(Account, account_id)
        found = billable.of_account_for_run(account_id)
        due = delivered_until(found, until)
        for line in {line for line, _asset in found} - {line for line, _asset in due}:
            planned.later.add(line.currency, line.total)
        planned.items += _items(due, Sources(company, payer, codes))
    return planned


def delivered_until(found: Found, until: date) -> Found:
    return [(line, asset) for line, asset in found if (contents.delivered_on(asset) or until) <= until]


def step(run_id: int) -> bool:
    """Prepares the next accounts. Returns False if there are no more: then the run is prepared, and one that nobody
    looks at is started. One with nothing to issue has ended."""
    run = db.session.get(InvoiceRun, run_id, populate_existing=True)
    seen = run.prepared_up_to
    account_ids = payers(seen, run.again_of_id)
    planned = plan(account_ids, run.until)
    others = not_in_run.add(run.others, {"later": planned.later})
    if not account_ids:
        others = not_in_run.add(others, not_in_run.counted(run.until))
    with transaction():
        row = lock(InvoiceRun, run_id)
        if row.state is not RunState.PREPARING or row.prepared_up_to != seen:
            return False  # somebody else was faster, or it was stopped
        for item in planned.items:
            item.run_id = row.id
        db.session.add_all(planned.items)
        row.others = others
        if account_ids:
            row.prepared_up_to = account_ids[-1]
            return True
        _finish(row)
    return False


def payers(after: int, again_of_id: int | None = None) -> list[int]:
    """The next accounts that pay for orders, by id; only those that an earlier run did not invoice, if it is given."""
    rows = select(Account.id).where(Account.id > after, exists().where(Order.billed_account_id == Account.id))
    if again_of_id is not None:
        left = (InvoiceRunItem.run_id == again_of_id, InvoiceRunItem.state.in_(AGAIN))
        rows = rows.where(exists().where(InvoiceRunItem.account_id == Account.id, *left))
    return list(db.session.scalars(rows.order_by(Account.id).limit(AT_ONCE)))


def fingerprint(found: Found, payer: Account, codes: Codes) -> str:
    """Another one if the account, a tax code, or a line has changed."""
    lines = [
        (line.id, line.quantity, line.unit_price, line.currency, drafts.code_of(line, payer, codes))
        for line, _asset in found
    ]
    used = sorted(
        (codes[key].id, codes[key].version) for key in {drafts.key_of(each[4]) for each in lines} & codes.keys()
    )
    return hashlib.sha256(json.dumps([payer.id, payer.version, used, lines]).encode()).hexdigest()


def _finish(row: InvoiceRun) -> None:
    """One that has nothing to issue ends by itself: nobody could start it."""
    if not count_waiting(row):
        by = audit.process_for(row.made_by_id) if row.origin is RunOrigin.PERSON else _unattended(row)
        end(row, RunState.DONE, by=by, why="There was nothing to issue.")
        return
    row.state, row.version = RunState.PREPARED, row.version + 1
    if row.origin is not RunOrigin.PERSON:
        begin(row, by=_unattended(row))


def _unattended(row: InvoiceRun) -> Actor:
    return audit.SCHEDULED if row.origin is RunOrigin.SCHEDULE else audit.COMMAND_LINE


def _items(found: Found, sources: Sources) -> Iterator[InvoiceRunItem]:
    for order_id, part in _by_rhythm(found, sources.buyer).items():
        for (currency, is_outside), lines in drafts.grouped(part, sources.buyer, sources.tax_codes).items():
            draft = _preview(lines, sources)
            yield InvoiceRunItem(
                account_id=sources.buyer.id,
                order_id=order_id,
                currency=currency,
                is_outside=is_outside,
                fingerprint=fingerprint(lines, sources.buyer, sources.tax_codes),
                **{name: getattr(draft, name) for name in ("lines_count", "licences", "net", "vat", "gross")},
                **_standing(draft, sources),
            )


def _by_rhythm(found: Found, payer: Account) -> dict[int | None, Found]:
    if payer.invoice_rhythm is InvoiceRhythm.MONTHLY:
        return {None: found} if found else {}
    orders: dict[int | None, list] = {}
    for line, asset in found:
        orders.setdefault(line.order_id, []).append((line, asset))
    return orders


def _preview(found: Found, sources: Sources) -> Invoice:
    draft = drafts.build(found, sources.buyer, sources.tax_codes, by=audit.WORKER)
    for row, (line, asset) in zip(draft.lines, found, strict=True):
        set_committed_value(row, "order_line", line)
        set_committed_value(row, "asset", asset)
    return draft


def _standing(draft: Invoice, sources: Sources) -> dict[str, object]:
    missing = [sign for sign in readiness.signs(draft, sources) if sign.standing is Standing.NO]
    if not missing:
        return {"state": RunItemState.WAITING}
    mend, mend_id = missing[0].link or (None, None)
    sentences = " ".join(f"{sign.sentence} {sign.hint}".strip() for sign in missing)
    return {"state": RunItemState.LEFT_OUT, "reason": sentences, "mend": mend, "mend_id": mend_id}
