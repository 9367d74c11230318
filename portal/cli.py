"""The flask commands; they call services. commands/exits.py has the exit codes."""

from importlib import import_module

from click import Command, Context
from flask import Flask
from flask.cli import AppGroup

COMMANDS = {
    "accounts": "portal.commands.accounts:group",
    "users": "portal.commands.users:group",
    "products": "portal.commands.products:group",
    "keys": "portal.commands.keys:group",
    "bittitan": "portal.commands.bittitan:group",
    "assets": "portal.commands.assets:group",
    "invoices": "portal.commands.invoices:group",
    "money": "portal.commands.reconciling:money",
    "reconcile": "portal.commands.reconciling:command",
    "reports": "portal.commands.reports:group",
    "backup": "portal.commands.backups:backup",
    "restore": "portal.commands.backups:restore",
    "demo": "portal.commands.demo:command",
    "security": "portal.commands.security:group",
    "sandbox": "portal.commands.sandbox:command",
    "worker": "portal.commands.worker:command",
    "db": "flask_migrate.cli:db",
}


class Commands(AppGroup):
    """Imports each command only when it is called, because a web process calls none."""

    def list_commands(self, context: Context) -> list[str]:
        return sorted({*COMMANDS, *super().list_commands(context)})

    def get_command(self, context: Context, name: str) -> Command | None:
        if name not in COMMANDS:
            return super().get_command(context, name)
        module, _, attribute = COMMANDS[name].partition(":")
        return getattr(import_module(module), attribute)


def register(app: Flask) -> None:
    app.cli = Commands(app.name)
