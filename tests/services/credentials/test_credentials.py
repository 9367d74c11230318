"""Stored credentials: bound to their place, readable under each key of the setting, encrypted again while in use."""

import threading

import pytest
from sqlalchemy import update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import StoredSecret
from portal.services import credentials
from tests.apps import opened
from tests.keys import setting
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite

CANARY = "canary-Password-7f3a"


@pytest.fixture
def portal(database_url, tmp_path):
    """`portal(2, 1)`: a process with these keys."""

    def start(*versions: int):
        return opened(make_settings(database_url, tmp_path, CREDENTIAL_KEYS=setting(*versions)))

    return start


def put(name: str = "one", text: str = CANARY) -> None:
    with transaction():
        credentials.store(name, text, by="command line")


def test_it_is_read_back_and_stands_nowhere_in_clear(portal):
    with portal(1) as app, app.app_context():
        put()
        row = credentials.find("one")
        assert (credentials.read("one"), row.key_version, row.stored_by) == (CANARY, 1, "command line")
        assert CANARY.encode() not in row.sealed
        assert credentials.read("two") is None


@pytest.mark.parametrize("change", ["tampered", "swapped", "renumbered", "cut"])
def test_what_was_changed_cannot_be_read(portal, change):
    with portal(1, 2) as app, app.app_context():
        put("one")
        put("two", "another password")
        sealed = credentials.find("one").sealed
        values = {
            "tampered": {"sealed": sealed[:-1] + bytes([sealed[-1] ^ 1])},
            "swapped": {"sealed": credentials.find("two").sealed},
            "renumbered": {"key_version": 2},
            "cut": {"sealed": sealed[:5]},
        }[change]
        with transaction():
            db.session.execute(update(StoredSecret).where(StoredSecret.name == "one").values(**values))
        with pytest.raises(credentials.Unreadable) as failure:
            credentials.read("one")
        assert CANARY not in str(failure.value)
        with pytest.raises(credentials.Unreadable):
            credentials.rotate()


def test_another_key_cannot_read_it(portal):
    with portal(1) as app, app.app_context():
        put()
    with portal(2) as app, app.app_context(), pytest.raises(credentials.Unreadable, match="Key 1 is not"):
        credentials.read("one")


def test_rotation_encrypts_all_under_the_first_key_once(portal):
    with portal(1) as app, app.app_context():
        put("one")
        put("two", "another password")
    with portal(2, 1) as app, app.app_context():
        put("three", "a third")
        assert credentials.rotate() == (2, 3)
        assert credentials.rotate() == (0, 3)
    with portal(2) as app, app.app_context():
        assert [credentials.read(name) for name in ("one", "two", "three")] == [CANARY, "another password", "a third"]


def test_one_that_cannot_be_read_stops_the_whole_rotation(portal):
    with portal(3) as app, app.app_context():
        put("zz")
    with portal(1) as app, app.app_context():
        put("one")
    with portal(2, 1) as app, app.app_context():
        with pytest.raises(credentials.Unreadable):
            credentials.rotate()
        assert credentials.find("one").key_version == 1


def test_a_process_reads_while_another_rotates(portal):
    with portal(1, 2) as old, portal(2, 1) as new:
        with old.app_context():
            put()
        read: list[str] = []
        is_over = threading.Event()

        def keep_reading() -> None:
            with old.app_context():
                while not is_over.is_set() or not read:
                    read.append(credentials.read("one"))

        reader = threading.Thread(target=keep_reading)
        reader.start()
        for app in (new, old, new, old, new):
            with app.app_context():
                assert credentials.rotate() == (1, 1)
        is_over.set()
        reader.join()
        assert set(read) == {CANARY}
