"""flask users create: makes the first user, and users for scripts."""

import sys

import click
from flask.cli import AppGroup

from portal.commands.exits import carry_out, stop
from portal.core import access
from portal.core.audit import COMMAND_LINE
from portal.models import Role
from portal.services import users

group = AppGroup("users", help="People who sign in.")


@group.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--account", "code", required=True, help="The account's code, such as DIST-1.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; no link is made then.")
def create(email: str, name: str, code: str, role: str, password_stdin: bool) -> None:
    """Makes a person and prints the path of a one-time link, good for 7 days, to choose a password."""
    account = access.account_by_code(code)
    if account is None:
        stop(3, f"There is no account with the code {code}.")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    user, token = carry_out(
        users.create, account=account, email=email, name=name, role=Role(role), by=COMMAND_LINE, password=password
    )
    click.echo(f"/links/{token}" if password is None else f"{user.email} can sign in.")
