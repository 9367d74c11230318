"""flask assets: shows and synchronizes one asset, for scripts. Codes are masked; to reveal one, use the browser, which
records it.
"""

import json

import click
from flask.cli import AppGroup

from portal.commands import importing
from portal.commands.exits import carry_out, stop
from portal.core import access
from portal.core.audit import COMMAND_LINE
from portal.core.errors import NotVisible
from portal.models import Asset, Attempt, Coupon, ImportKind, Trigger
from portal.models.asset_rules import asset_id_of
from portal.services import credited_assets, provisioning

group = AppGroup("assets", help="What was bought.")
importing.add_to(group, ImportKind.ASSETS)

_JSON = click.option("--json", "as_json", is_flag=True, help="Answer JSON.")


@group.command("show")
@click.argument("number")
@_JSON
def show(number: str, as_json: bool) -> None:
    """Shows an asset, such as AS-17 (or 17)."""
    _say(_asset(number), as_json)


@group.command("resync")
@click.argument("number")
@click.option(
    "--not-bought-before",
    is_flag=True,
    help="For an imported asset: somebody has checked that it was not bought before.",
)
@click.option(
    "--credited-with",
    multiple=True,
    metavar="CREDIT-NOTE",
    help="For an asset that was credited as not delivered: its credit note, to buy nevertheless. Once for each.",
)
@_JSON
def resync(number: str, not_bought_before: bool, credited_with: tuple[str, ...], as_json: bool) -> None:
    """Asks BitTitan again for a failed asset's coupon. The worker goes on with it; nothing is ever bought twice."""
    asset = _asset(number)
    if asset.asks_if_bought and not not_bought_before:
        stop(
            2,
            f"{asset.number} was imported without a code and may have been bought before. Look in reconciliation "
            "first; if it was not, add --not-bought-before. Nothing was sent.",
        )
    carry_out(
        provisioning.request, asset, version=asset.version, by=COMMAND_LINE, trigger=Trigger.COMMAND,
        not_bought=not_bought_before, credits_seen=_credits_seen(asset, credited_with),
    )  # fmt: skip
    _say(access.asset_for_command(asset.id), as_json)


def _credits_seen(asset: Asset, named: tuple[str, ...]) -> int:
    """Stops unless exactly its credit notes were named."""
    numbers = [note.number for note in credited_assets.notes_of(asset.id)] if asset.may_sync else []
    if set(numbers) != set(named):
        options = "".join(f" --credited-with {number}" for number in numbers)
        if not numbers:
            stop(2, f"{asset.number} was not credited as not delivered: leave out --credited-with. Nothing was sent.")
        stop(
            2,
            f"{asset.number} was credited as not delivered with {', '.join(numbers)}. To buy for it nevertheless, say"
            f"{options}. Nothing was sent.",
        )
    return len(numbers)


def _asset(number: str) -> Asset:
    try:
        return access.asset_for_command(asset_id_of(number) or 0)
    except NotVisible:
        stop(3, f"There is no asset {number}.")


def _say(asset: Asset, as_json: bool) -> None:
    facts = _facts(asset)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        value = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        click.echo(f"{name.replace('_', ' '):<16} {'–' if value is None else value}")


def _facts(asset: Asset) -> dict:
    return {
        "id": asset.id,
        "number": asset.number,
        "name": asset.name,
        "account": {"code": asset.account.code, "name": asset.account.name},
        "billed_account": {"code": asset.billed_account.code, "name": asset.billed_account.name},
        "product": asset.product.code,
        "quantity": asset.quantity,
        "purchased_on": asset.purchased_on.isoformat(),
        "expire_days": asset.expire_days,
        "validity_days": asset.validity_days,
        "redeem_by": asset.redeem_by.isoformat(),
        "sync_status": asset.sync_status.value,
        "lifecycle": asset.lifecycle.value,
        "reference": asset.reference,
        "imported_as": asset.external_id,
        "version": asset.version,
        "coupon": asset.coupon and _coupon_facts(asset.coupon),
        "last_attempt": asset.last_attempt and _attempt_facts(asset.last_attempt),
    }


def _coupon_facts(coupon: Coupon) -> dict:
    return {
        "code": f"••••{coupon.mask}",
        "id": coupon.bittitan_id,
        "status": coupon.status,
        "issued_at": coupon.issued_at and coupon.issued_at.isoformat(),
        "redeemed_at": coupon.redeemed_at and coupon.redeemed_at.isoformat(),
        "is_verified": coupon.is_verified,
        "confirmed_at": coupon.confirmed_at and coupon.confirmed_at.isoformat(),
    }


def _attempt_facts(attempt: Attempt) -> dict:
    return {
        "number": attempt.number,
        "state": attempt.state.value,
        "requested_at": attempt.requested_at.isoformat(),
        "cause": attempt.cause,
        "message": attempt.message,
        "next_at": attempt.next_at and attempt.next_at.isoformat(),
    }
