"""flask sandbox: the BitTitan stand-in that this portal's settings name."""

import click
from flask.cli import with_appcontext

from portal.config import SANDBOX_EMAIL, SANDBOX_PASSWORD
from portal.extensions import settings
from portal.sandbox.settings import SandboxSettings


@click.command("sandbox", help="Start the BitTitan stand-in, for trying out. Ctrl-C stops it.")
@with_appcontext
def command() -> None:
    from portal.sandbox.server import serve  # a whole server, which no other command or process needs

    ours = settings()
    serve(
        SandboxSettings(
            port=ours.sandbox_port,
            path=str(ours.sandbox_file),
            kind=ours.bittitan.server,
            email=SANDBOX_EMAIL,
            password=SANDBOX_PASSWORD,
        )
    )
