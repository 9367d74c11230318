"""flask demo: fills an empty database with sample data to try out the portal."""

import click
from flask.cli import with_appcontext

from portal import demo
from portal.commands.exits import carry_out
from portal.demo.password import known_password


@click.command("demo", help="Fill an empty database with a distributor, its partners, customers and purchases.")
@click.option("--assets", default=2000, show_default=True, type=click.IntRange(0, 5_000_000))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same data.")
@click.option("--if-empty", is_flag=True, help="Do nothing, silently, where there is data.")
@click.option("--sign-ins", is_flag=True, help="Only say who can sign in.")
@with_appcontext
def command(assets: int, seed: int, if_empty: bool, sign_ins: bool) -> None:
    if sign_ins:
        _say_sign_ins()
        return
    if if_empty and not demo.is_empty():
        return
    carry_out(demo.load, assets=assets, seed=seed, say=lambda text: click.echo(text, err=True))
    click.echo(f"The demo is loaded: {assets} {'asset' if assets == 1 else 'assets'}.")


def _say_sign_ins() -> None:
    people, password = demo.sign_ins(), known_password()
    if not people:
        return
    click.echo("Sign in as")
    for kind, role, name, email in people:
        click.echo(f"  {f'{kind} {role.value}':<22} {email:<32} {name}")
    click.echo(f"Password of all: {password}" if password else "Their password is in the data folder that made them.")
