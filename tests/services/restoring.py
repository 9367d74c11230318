"""What the tests of backups and copies have in common."""

import shutil
import subprocess
from pathlib import Path

from portal.extensions import db
from portal.models import Connection
from portal.services import backups
from portal.services.restore_guard import freeze
from tests.services.shop import Shop


class Backup:
    def __init__(self, shop: Shop, path: Path):
        self._shop, self.path = shop, path

    def take(self) -> None:
        with self._shop.app.app_context():
            backups.back_up(self.path, by="command line")

    def restore(self, **how):
        with self._shop.app.app_context():
            return backups.restore(self.path, by="command line", **{"replaces": True} | how)


def refused(shop, work, sandbox) -> int:
    """A failed asset's id."""
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "failed"
    return asset_id


def release(shop, reason="Compared with BitTitan’s own list.", **how) -> None:
    with shop.app.app_context():
        freeze.release(reason=reason, by=shop.dana, **how)


def connection():
    return db.session.get(Connection, 1, populate_existing=True)


def file_of(shop) -> Path:
    return Path(shop.app.config["PORTAL"].database_url.removeprefix("sqlite:///"))


def copied(shop, folder: Path) -> Path:
    """As with cp, of a database at rest."""
    with shop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    return Path(shutil.copyfile(file_of(shop), folder / "copy.db"))


def put_in_place(shop, path: Path) -> None:
    with shop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    for suffix in ("-wal", "-shm"):
        Path(f"{file_of(shop)}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(path, file_of(shop))


def dumped(shop, folder: Path) -> Path:
    path = folder / "by-hand"
    url = shop.app.config["PORTAL"].database_url
    subprocess.run(["pg_dump", "--format=custom", "--file", path, "--dbname", url], check=True)
    return path
