"""flask commands: thin, they call services. Exit codes: 0 done, 2 refused, 3 not found, 4 conflict, 5 unavailable."""

from flask import Flask

from portal.commands import accounts, assets, backups, bittitan, demo, money, products, sandbox, users, worker

COMMANDS = (
    accounts.group,
    users.group,
    products.group,
    bittitan.group,
    assets.group,
    money.command,
    backups.backup,
    backups.restore,
    demo.command,
    sandbox.command,
    worker.command,
)


def register(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
    app.cli.add_command(money.command, "reconcile")
