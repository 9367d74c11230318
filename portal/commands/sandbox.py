"""flask sandbox: starts the BitTitan stand-in with this portal's settings."""

import click
from flask.cli import with_appcontext

from portal.config import SANDBOX_EMAIL, SANDBOX_PASSWORD
from portal.extensions import settings
from portal.sandbox.settings import SandboxSettings


@click.command("sandbox", help="Start the BitTitan stand-in, for trying out. Ctrl-C stops it.")
@click.option("--delay", "delay_ms", type=click.IntRange(0, 60_000), default=0, help="Milliseconds before each answer.")
@click.option("--rate", type=click.IntRange(0), default=0, help="Calls a second, then 429; 0 = no limit.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same codes.")
@with_appcontext
def command(delay_ms: int, rate: int, seed: int) -> None:
    from portal.sandbox.server import serve  # imported here, because no other command needs this server

    portal_settings = settings()
    serve(
        SandboxSettings(
            port=portal_settings.sandbox_port,
            path=str(portal_settings.sandbox_file),
            kind=portal_settings.bittitan.server,
            email=SANDBOX_EMAIL,
            password=SANDBOX_PASSWORD,
            delay_ms=delay_ms,
            rate=rate,
            seed=seed,
            trusted_hosts=",".join(portal_settings.trusted_hosts),
        )
    )
