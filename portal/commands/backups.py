"""flask backup and flask restore."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.commands.exits import carry_out
from portal.core.audit import COMMAND_LINE
from portal.services import backups

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command("backup")
@_FILE
@with_appcontext
def backup(file: Path) -> None:
    """Writes the whole database into FILE, a new file that only its owner can read, while the portal goes on."""
    size = carry_out(backups.back_up, file.absolute(), by=COMMAND_LINE)
    click.echo(
        f"Backed up into {file}, {size:,} bytes. It holds coupon codes: protect it, and the secret key beside it."
    )


@click.command("restore")
@_FILE
@click.option("--replace", is_flag=True, help="Replace a database that is in use or not empty; it is kept beside FILE.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Puts a backup in place, frozen: nothing is bought until what was bought since is looked up and released."""
    restored = carry_out(backups.restore, file.absolute(), by=COMMAND_LINE, replaces=replace)
    click.echo(f"Restored{f', as of {restored.taken_at:%Y-%m-%d %H:%M:%S} UTC' if restored.taken_at else ''}.")
    if restored.kept:
        click.echo(f"The former database is kept in {restored.kept}.")
    elif replace:
        click.echo("There was no former database to keep.")
    click.echo(
        "Provisioning is frozen. The worker looks up what was bought since; then: flask bittitan release --reason …"
    )
