"""flask reports: counts the figures again, or checks them."""

import click
from flask.cli import AppGroup

from portal.core.audit import COMMAND_LINE
from portal.services.reports import checking, keeping
from portal.services.reports.checking import Result

REFUSED = 2

group = AppGroup("reports", help="The figures that reports show.")


@group.command("recount")
@click.option("--check", "is_check", is_flag=True, help="Only compare them, and print each difference.")
def recount(is_check: bool) -> None:
    """Counts all days again from assets and invoices.

    With --check nothing is changed: exit code 0 if the figures that are kept equal a full recount, 2 if they do not.
    """
    if is_check:
        _say(checking.check())
        return
    keeping.ask_recount(by=COMMAND_LINE)
    keeping.catch_up()
    click.echo(f"Counted again, as of {keeping.state().recounted_at:%Y-%m-%d %H:%M:%S} UTC.")


def _say(result: Result) -> None:
    for each in result.differences:
        day, product_id, account_id, currency = each.key
        click.echo(
            f"{each.unit.value} {day}, product {product_id}, billed account {account_id}, {currency or 'no price'}: "
            f"{each.name} is {each.kept}, should be {each.counted}"
        )
    left_out = f" {result.left_out} more wait to be counted." if result.left_out else ""
    click.echo(f"{result.days} days compared, {len(result.differences)} differences.{left_out}")
    if result.differences:
        raise SystemExit(REFUSED)
