"""flask worker: sends purchases and looks up uncertain ones. Any number may run, on any number of machines."""

import signal

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import side_process
from portal.commands.exits import stop
from portal.services import watchdog
from portal.services.restore_guard import send_counter_file
from portal.worker.loop import Worker, run_due

UNAVAILABLE = 5


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@with_appcontext
def command(once: bool) -> None:
    """Does the work that waits."""
    try:
        send_counter_file.check_place()
    except send_counter_file.Lost as loss:
        stop(
            UNAVAILABLE,
            f"The worker cannot start. {loss}: without a file of its own there, an old copy of the database "
            "would not be noticed. Set DATA_DIR to a folder that is kept over restarts and that this user can write.",
        )
    if once:
        watchdog.watch()
        click.echo(f"{run_due()} steps done.")
        return
    side_process.start()  # PDFs take the other core, and no memory of the worker
    worker = Worker(current_app._get_current_object())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    click.echo("The worker is waiting for work.")
    worker.run()
