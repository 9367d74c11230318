"""flask accounts: creates accounts, and looks them up at BitTitan."""

from typing import Any

import click
from flask.cli import AppGroup

from portal.commands import importing
from portal.commands.exits import carry_out, stop
from portal.core import access
from portal.core.audit import COMMAND_LINE
from portal.core.errors import InvalidInput, StaleVersion, Unavailable
from portal.models import Account, AccountKind, ImportKind
from portal.services import accounts
from portal.services.accounts import Saved, account_list

group = AppGroup("accounts", help="The tree distributor > partner > customer.")
importing.add_to(group, ImportKind.ACCOUNTS)


@group.command("create")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in AccountKind]))
@click.option("--under", help="The code of the account above; the distributor has none.")
@click.option("--currency", required=True, help="Such as EUR.")
@click.option("--code", help="Generated if left out.")
@click.option("--bittitan-email")
@click.option("--is-another", is_flag=True, help="Make it, though it looks like an account that is there.")
def create(name: str, kind: str, under: str | None, is_another: bool, **details: str | None) -> None:
    """Makes an account and prints its code."""
    parent_id = _account(under).id if under else None
    saved = carry_out(
        _create, kind=AccountKind(kind), parent_id=parent_id, details={"name": name, **details},
        by=COMMAND_LINE, is_another=is_another,
    )  # fmt: skip
    click.echo(saved.account.code)


def _create(**values: Any) -> Saved:
    try:
        return accounts.create(**values)
    except InvalidInput as refusal:
        if refusal.field == "is_another":
            stop(2, f"{refusal.message} Nothing was made. Add --is-another if it is another account.")
        raise


@group.command("synchronize")
@click.argument("codes", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="All enabled accounts with an e-mail address at BitTitan.")
def synchronize(codes: tuple[str, ...], everybody: bool) -> None:
    """Looks accounts up at BitTitan by their e-mail address; one line for each. Nothing is created there."""
    if bool(codes) == everybody:
        stop(2, "Name the codes of accounts, or --all.")
    selected = account_list.to_synchronize() if everybody else [_account(code) for code in codes]
    are_known = [_synchronize(account) for account in selected]
    if codes and not all(are_known):
        raise SystemExit(2)


def _synchronize(account: Account) -> bool:
    """Returns False if BitTitan does not know the account. Exits with code 5 if BitTitan does not answer."""
    try:
        saved = accounts.synchronize(account, by=COMMAND_LINE)
    except (InvalidInput, StaleVersion) as refusal:
        click.echo(f"{account.code}: {refusal.message}")
        return False
    except Unavailable as failure:
        stop(5, f"{account.code}: {failure.message}")
    if saved.answer.organization is None:
        click.echo(f"{account.code}: unsynchronized, BitTitan does not know {saved.answer.email}")
        return False
    click.echo(f"{account.code}: synchronized as {saved.answer.organization.name}")
    return True


def _account(code: str) -> Account:
    account = access.account_by_code(code)
    return account or stop(3, f"There is no account with the code {code}.")
