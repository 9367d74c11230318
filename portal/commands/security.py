"""flask security log: shows the security log."""

from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from portal.core import clock, security_log

group = AppGroup("security", help="Sign-ins, refusals and other security events.")

_SHOWN = ("count", "person_id", "address", "method", "route", "subject", "subject_id", "detail")


@group.command("log")
@click.option("--since", type=click.DateTime(), help="In UTC, such as 2027-03-01T12:00:00; without it, the last day.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each event, with all that is known.")
def log(since: datetime | None, as_json: bool) -> None:
    """Shows the events since then, oldest first."""
    first = since.replace(tzinfo=UTC) if since else clock.now() - timedelta(days=1)
    for row in security_log.since(first):
        click.echo(security_log.as_json(row) if as_json else _line(row))


def _line(row: security_log.Row) -> str:
    details = (f"{name}={row[name]}" for name in _SHOWN if row[name] is not None)
    return f"{row['at']:%Y-%m-%d %H:%M:%S} {row['event']} {row['outcome']} {' '.join(details)}"
