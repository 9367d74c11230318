"""flask accounts import, flask assets import."""

import csv
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, AuditEntry
from portal.services.imports import import_apply, import_run
from tests import dump, files
from tests.files import asset, failed, written

pytestmark = pytest.mark.sqlite

ACCOUNTS = str(files.DATA / "accounts-export.csv")
ASSETS = str(files.DATA / "assets-export.csv")


@pytest.fixture
def path(tmp_path):
    """`path(rows)` of a file with these records."""

    def write(rows) -> str:
        place = tmp_path / "old.csv"
        place.write_bytes(written(rows))
        return str(place)

    return write


def test_a_dry_run_says_all_and_changes_nothing(flask, app, world):
    flask("accounts", "import", ACCOUNTS, "--apply")
    before = dump.dump(app)
    said = flask("assets", "import", ASSETS)
    assert said.exit_code == 0
    lines = said.output.splitlines()
    assert lines[0] == "assets-export.csv: 400 records, UTF-8, separated by commas."
    assert lines[1] == "Names read like this: “メール移行”."
    assert lines[2] == ("Purchase Date: the day comes first, as in 13/01/2024 on line 3. 09/01/2024 is 9 January 2024.")
    assert lines[3] == "line 19, Purchase Date: “31/02/2025” is not in the calendar."
    assert lines[-2] == "385 new, 0 already there, 0 differ (left alone), 15 cannot be taken."
    assert lines[-1] == "This was a dry run: nothing was changed. Add --apply to take the new ones."
    assert len(lines) == 20
    assert dump.difference(before, dump.dump(app)) == []


def test_apply_refuses_while_rows_are_faulty(flask, app, world, path):
    before = dump.dump(app)
    said = flask("assets", "import", path([asset(1), asset(2, Quantity="ten")]), "--apply")
    assert said.exit_code == 2
    assert said.stderr.startswith("1 row cannot be taken, so nothing was changed.")
    assert dump.difference(before, dump.dump(app)) == []


def test_skip_faulty_takes_the_good_ones_and_writes_the_others(flask, world, path, settings):
    said = flask("assets", "import", path([asset(1), asset(2, Quantity="ten")]), "--apply", "--skip-faulty")
    assert said.exit_code == 0
    place = Path(re.search(r"with the reasons: (.+)", said.output)[1])
    assert place.parent == settings.data_dir / "imports"
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with place.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["Reason"].startswith("Quantity: “ten”")
    assert "OLDCODE" not in said.output
    place.write_text(place.read_text("utf-8-sig").replace('"ten"', '"10"'), "utf-8-sig")
    again = flask("assets", "import", str(place), "--apply")
    assert "1 new and taken, 0 already there" in again.output


def test_the_rejects_go_where_they_are_wanted_and_overwrite_nothing(flask, app, world, path, tmp_path):
    wanted = tmp_path / "mine.csv"
    args = ("assets", "import", path([asset(1), asset(2, Quantity="ten")]), "--apply", "--skip-faulty", "--rejects")
    assert flask(*args, str(wanted)).exit_code == 0
    assert wanted.stat().st_mode & 0o777 == 0o600
    before = dump.dump(app)
    assert flask(*args, str(wanted)).exit_code == 2
    assert flask(*args, str(tmp_path / "nowhere" / "mine.csv")).exit_code == 2
    assert dump.difference(before, dump.dump(app)) == []


def test_json_tells_the_same(flask, world, path):
    rows = [asset(1), asset(2, Quantity="ten", Purchase_Date="")]
    facts = json.loads(flask("assets", "import", path(rows), "--json").stdout)
    assert [facts[name] for name in ("kind", "records", "new", "same", "differs", "faulty")] == [
        "assets", 2, 1, 0, 0, 1,
    ]  # fmt: skip
    assert (facts["is_dry_run"], facts["is_applied"], facts["rejects"]) == (True, False, None)
    assert [(row["line"], row["column"]) for row in facts["faulty_rows"]] == [(3, "Quantity"), (3, "Purchase Date")]
    assert facts["differing_rows"] == []
    taken = json.loads(flask("assets", "import", path(rows[:1]), "--json", "--apply").stdout)
    assert (taken["is_applied"], taken["faulty_rows"]) == (True, [])


@pytest.mark.parametrize("place", ["validate", "apply_rows"])
def test_who_stops_it_changes_nothing(flask, app, world, path, monkeypatch, place):
    """Ctrl-C, between two transactions or inside of the one that counts."""
    before = dump.dump(app)

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_run if place == "validate" else import_apply, place, stopped)
    said = flask("assets", "import", path([asset(1)]), "--apply")
    assert (said.exit_code, said.stderr) == (2, "Stopped. Nothing was changed.\n")
    assert dump.difference(before, dump.dump(app)) == []


def test_what_cannot_be_meant_is_said(flask, world, path, tmp_path):
    good = path([asset(1)])
    assert flask("assets", "import", str(tmp_path / "nothing.csv")).exit_code == 3
    assert flask("assets", "import", str(tmp_path)).exit_code == 3
    assert flask("assets", "import", good, "--skip-faulty").exit_code == 2
    assert flask("assets", "import", good, "--rejects", "x.csv").exit_code == 2
    other = flask("accounts", "import", good)
    assert (other.exit_code, other.stderr) == (2, "These are assets, not accounts.\n")
    workbook = tmp_path / "old.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    said = flask("assets", "import", str(workbook))
    assert said.exit_code == 2
    assert "save the sheet as “CSV UTF-8”" in said.stderr


def test_an_imported_asset_is_synchronized_only_with_an_answer(flask, world, path):
    flask("assets", "import", path([failed(1)]), "--apply")
    asset_id = world.find(Asset, 1).id
    said = flask("assets", "resync", f"AS-{asset_id}")
    assert said.exit_code == 2
    assert "--not-bought-before" in said.stderr
    assert world.find(Asset, asset_id).attempts_made == 0
    said = flask("assets", "resync", f"AS-{asset_id}", "--not-bought-before", "--json")
    facts = json.loads(said.stdout)
    assert (facts["sync_status"], facts["imported_as"]) == ("synchronizing", "OLD-1")
    with world.transaction():
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "answer"))
    assert (entry.actor, entry.field, entry.after) == ("command line", "bought_before", "no")
