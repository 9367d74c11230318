"""flask commands: thin, they call services. Exit codes: 0 done, 2 refused, 3 not found, 4 conflict, 5 unavailable."""

from flask import Flask

from portal.commands import users

GROUPS = (users.group,)


def register(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)
