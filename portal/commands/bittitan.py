"""flask bittitan: connects to BitTitan, shows the connection, releases purchases after a restore."""

import json
from datetime import datetime

import click
from flask.cli import AppGroup

from portal import database
from portal.commands.exits import carry_out
from portal.core import clock
from portal.core.audit import COMMAND_LINE
from portal.models import ConnectionStatus
from portal.services import catalog, connection, credentials, vendor_settings
from portal.services.connection import service_definition
from portal.services.monitoring import health
from portal.services.restore_guard import freeze

UNAVAILABLE = 5

group = AppGroup("bittitan", help="The connection to BitTitan.")


@group.command("connect")
def connect() -> None:
    """Signs in, remembers the organisation and reads the service definition."""
    organization_id = carry_out(connection.connect, by=COMMAND_LINE)
    click.echo(f"Signed in at {vendor_settings.current().url}, organisation {organization_id}.")
    click.echo("Waiting purchases continue, and each process signs in again.")
    carry_out(service_definition.read, by=COMMAND_LINE)
    for kind in catalog.product_types():
        click.echo(f"{kind.name}: {'can be ordered' if kind.sku_id else 'is gone and cannot be ordered any more'}.")


@group.command("release")
@click.option("--reason", required=True, help="Why purchases may go on; it is kept on record.")
@click.option("--unsearched", is_flag=True, help="A server that cannot be searched: its own list was compared by hand.")
def release(reason: str, unsearched: bool) -> None:
    """After a restore: lets purchases go on, once what was bought since has been looked up."""
    carry_out(freeze.release, reason=reason, unsearched=unsearched, by=COMMAND_LINE)
    click.echo("Released. Held purchases continue.")


@group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
def status(as_json: bool) -> None:
    """Tells what the portal last knew; asks nobody. Exit code 5 while purchases are held."""
    facts = _facts()
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        for name, value in facts.items():
            click.echo(f"{name.replace('_', ' '):<38} {'–' if value is None else value}")
    if facts["is_held"]:
        raise SystemExit(UNAVAILABLE)


def _facts() -> dict:
    row, now = connection.row(), clock.now()
    vendor_settings.notice(row)
    server, sources = vendor_settings.current(), vendor_settings.sources(row)
    secret = credentials.find(credentials.BITTITAN_PASSWORD)
    standing, age, opened = row.standing(now), health.ages(now), database.described()
    return {
        "url": server.url,
        "url_from": sources["url"],
        "email": server.email,
        "email_from": sources["email"],
        "password_from": sources["password"] if sources["password"] != "portal" or secret else None,
        "server": server.server,
        "server_from": sources["server"],
        "absence": server.absence,
        "sandbox": vendor_settings.uses_sandbox(),
        "database": f"{opened.kind} {opened.version}",
        "journal_mode": opened.journal_mode,
        "organization_id": row.organization_id,
        "standing": standing.value,
        "is_held": standing is not ConnectionStatus.CLEAR,
        "needs_person": row.needs_person,
        "held_until": _iso(row.held_until),
        "cause": row.cause,
        "times_connected": row.generation,
        "answered_at": _iso(row.answered_at),
        "clock_offset_seconds": row.clock_offset,
        "backed_up_at": _iso(row.backed_up_at),
        "frozen_at": _iso(row.frozen_at),
        "looked_up_at": _iso(row.searched_at) if row.frozen_at else None,
        "stuck": row.stuck,
        "watched_at": _iso(row.watched_at),
        "seconds_since_heartbeat": age.heartbeat,
        "seconds_since_oldest_waiting_attempt": age.oldest_attempt,
        "seconds_overdue": age.overdue,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment and moment.isoformat()
