"""flask keys: the keys that encrypt stored credentials."""

import click
from flask.cli import AppGroup

from portal.commands.exits import stop
from portal.credential_keys import generate
from portal.extensions import settings
from portal.services import credentials

REFUSED = 2

group = AppGroup("keys", help="The keys that encrypt stored credentials.")


@group.command("generate")
def generate_key() -> None:
    """Prints a new key, with the next number, for CREDENTIAL_KEYS. Stores nothing."""
    click.echo(generate(max(settings().credential_keys, default=0) + 1))


@group.command("rotate")
def rotate() -> None:
    """Encrypts all stored credentials under the first key of CREDENTIAL_KEYS. Web and workers may run meanwhile."""
    try:
        changed, total = credentials.rotate()
    except credentials.Unreadable as failure:
        stop(REFUSED, f"Nothing was changed: a stored credential cannot be read. {failure}")
    click.echo(f"{changed} of {total} stored credentials were encrypted again; all are under the first key now.")
