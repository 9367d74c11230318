import json
import os

import pytest

from portal.core import clock, errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Connection
from portal.services import backups
from portal.sqlite import sqlite3
from tests.postgres import tools_on_path


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.setenv("PATH", f"{tools_on_path()}{os.pathsep}{os.environ['PATH']}")


def test_there_and_back_on_the_command_line(flask, app, world, tmp_path, sandbox):
    file = str(tmp_path / "backup")
    said = flask("backup", file)
    assert (said.exit_code, said.stdout.startswith(f"Backed up into {file}, ")) == (0, True)
    assert flask("backup", file).exit_code == 2

    refused = flask("restore", file)
    assert (refused.exit_code, refused.stderr) == (
        4, "The database is not empty. Add --replace to replace it.\n",
    )  # fmt: skip
    restored = flask("restore", file, "--replace")
    assert restored.exit_code == 0
    assert "Provisioning is frozen." in restored.stdout
    facts = json.loads(flask("bittitan", "status", "--json").stdout)
    assert (facts["standing"], facts["is_held"], facts["looked_up_at"]) == ("frozen", True, None)
    assert app.test_client().get("/readyz").json["freeze"]["ok"] is False


def test_a_file_that_is_not_there_is_refused(flask, tmp_path):
    missing = flask("restore", str(tmp_path / "nothing"), "--replace")
    assert (missing.exit_code, missing.stderr) == (3, f"There is no file {tmp_path / 'nothing'}.\n")
    assert flask("backup", str(tmp_path / "nowhere" / "file")).exit_code == 2


def test_what_is_no_backup_is_refused_in_a_sentence_and_changes_nothing(flask, app, tmp_path):
    whole = tmp_path / "whole"
    assert flask("backup", str(whole)).exit_code == 0
    content = whole.read_bytes()
    files = {
        "empty": (b"", "is not a backup of"),
        "text": (b"hello\n" * 500, "is not a backup of"),
        "cut": (content[: len(content) // 3], "It is damaged"),
        "damaged": (content[:6000] + b"\xff" * 20_000 + content[26_000:], "It is damaged"),
    }
    for name, (data, sentence) in files.items():
        (tmp_path / name).write_bytes(data)
        refused = flask("restore", str(tmp_path / name), "--replace")
        assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1), (name, refused.stderr)
        assert sentence in refused.stderr, name
    assert flask("restore", str(tmp_path), "--replace").exit_code == 2
    assert json.loads(flask("bittitan", "status", "--json").stdout)["standing"] == "clear"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "damaged", "empty", "text", "whole"]


def test_another_sqlite_file_is_no_backup(app, tmp_path):
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE alembic_version AS SELECT '0011_add_freeze' AS version_num")
    other.close()
    with app.app_context(), pytest.raises(errors.InvalidInput) as refusal:
        backups.restore(tmp_path / "other", by="command line", replaces=True)
    assert "is not a backup of" in refusal.value.message


def test_a_release_is_refused_until_the_look_up_is_complete(flask, app):
    assert flask("bittitan", "release", "--reason", "Compared").exit_code == 4
    with app.app_context(), transaction():
        db.session.merge(Connection(id=1, frozen_at=clock.now(), frozen_why="restored"))
    assert flask("bittitan", "release", "--reason", "Compared").exit_code == 4
    assert flask("bittitan", "release").exit_code == 2
    with app.app_context(), transaction():
        db.session.merge(Connection(id=1, searched_at=clock.now(), listed=0, accounted=0))  # it compares counts
    assert flask("bittitan", "release", "--reason", " ").exit_code == 2
    assert flask("bittitan", "release", "--reason", "Compared").exit_code == 0
    assert flask("bittitan", "status").exit_code == 0
