"""What becomes of a file that was brought: read, applied once, handed back, deleted."""

import csv
import io
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal.core import clock, csv_safe, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Asset,
    AuditEntry,
    Coupon,
    Import,
    ImportPart,
    ImportState,
    Job,
    JobKind,
    RowResult,
    StagedAsset,
)
from portal.services import imports, jobs
from portal.services.imports import (
    import_assets,
    import_columns,
    import_file,
    import_kinds,
    import_rejects,
    import_run,
    import_values,
)
from portal.services.imports.import_columns import Cells
from portal.worker import cleanup
from portal.worker.loop import run_due
from tests import files
from tests.files import apply, asset, bring, counts, failed, is_no_name, written


def number_of(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def rejects(file: Import) -> bytes:
    return b"".join(import_rejects.lines(file))


def test_faulty_rows_are_not_applied_unless_they_are_left_out(app_context, world):
    file = bring(world, written([asset(1), asset(2, Quantity="ten")]))
    with pytest.raises(errors.Conflict):
        imports.ask_to_apply(file, skip_faulty=False, by=world.dana)
    assert number_of(Asset) == 0
    assert apply(world, file, skip_faulty=True).state is ImportState.APPLIED
    assert number_of(Asset) == 1


def test_a_file_is_applied_once(app_context, world):
    file = bring(world, written([asset(1)]))
    apply(world, file)
    with pytest.raises(errors.Conflict) as second:
        apply(world, file)
    assert "applied already" in second.value.message
    assert (number_of(Asset), number_of(Coupon)) == (1, 1)
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.subject == "import"))
    assert (entry.actor, entry.act, entry.after) == ("Dana Markou", "apply", "1 assets from old.csv")


def test_importing_twice_changes_nothing(app_context, world):
    content = written([asset(1), failed(2), asset(3, Quantity="ten")])
    apply(world, bring(world, content), skip_faulty=True)
    before = db.session.execute(select(Asset.__table__)).all()
    again = bring(world, content)
    assert counts(again) == (0, 2, 0, 1)
    assert apply(world, again, skip_faulty=True).new_count == 0
    assert db.session.execute(select(Asset.__table__)).all() == before


def test_of_many_that_apply_the_same_rows_at_once_one_takes_them(app, world):
    """The same file pressed by several, and the same rows brought again by others."""
    content = written([asset(number) for number in range(40)])
    files_ = [bring(world, content) for _ in range(3)]
    ends: list[str] = []

    def press(import_id: int) -> None:
        with app.app_context():
            try:
                row = imports.ask_to_apply(imports.one(import_id), skip_faulty=True, by=world.dana)
                ends.append(imports.one(row.id).state.value)
            except errors.Conflict:
                ends.append("refused")

    threads = [threading.Thread(target=press, args=(file.id,)) for file in files_ for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["applied"] * 3 + ["refused"] * 3
    with app.app_context():
        assert (number_of(Asset), number_of(Coupon)) == (40, 40)
        taken = [imports.one(file.id).new_count for file in files_]
        assert sorted(taken) == [0, 0, 40]


def test_a_number_that_appears_meanwhile_is_not_taken_twice(app_context, world):
    """The look under the lock gives all of it back; compared anew, the others are taken."""
    file = bring(world, written([asset(number) for number in range(5)]))
    imports.ask_to_apply(file, skip_faulty=False, by=None)
    looks = iter([lambda: None, lambda: world.asset(external_id="OLD-4")])
    imports.apply(imports.one(file.id), lambda: next(looks, lambda: None)())
    assert (number_of(Asset), imports.one(file.id).state) == (5, ImportState.APPLIED)
    assert imports.one(file.id).differs_count == 1


def test_a_large_file_is_read_and_applied_by_a_worker(app_context, world):
    rows = [asset(number, Name="x" * 100) for number in range(1500)]
    file = bring(world, written(rows))
    assert file.size > imports.AT_ONCE
    assert (file.state, number_of(ImportPart)) == (ImportState.READING, 1)
    run_due()
    file = imports.one(file.id)
    assert (file.state, counts(file), number_of(ImportPart)) == (ImportState.READ, (1500, 0, 0, 0), 1)
    assert apply(world, file).state is ImportState.APPLYING
    run_due()
    assert imports.one(file.id).state is ImportState.APPLIED
    assert (number_of(Asset), number_of(StagedAsset), number_of(Job), number_of(ImportPart)) == (1500, 0, 0, 0)


def test_a_small_file_of_many_rows_is_read_by_a_worker(app_context, world):
    """Rows cost, not bytes: 120,000 of them in 240 kB kept a thread of the web for a minute."""
    file = bring(world, written([asset()]) + b"a\n" * 120_000)
    assert file.size < imports.AT_ONCE
    assert (file.state, number_of(StagedAsset)) == (ImportState.READING, 0)
    imports.discard(file)


def test_a_worker_that_lost_its_lease_writes_nothing_more(app_context, world):
    file = bring(world, written([asset(number, Name="x" * 100) for number in range(1500)]))
    (claim,) = jobs.claim(1)
    with transaction():
        jobs.schedule(JobKind.IMPORT, file.id, clock.now())  # somebody else has it now
    imports.step(claim)
    assert imports.one(file.id).state is ImportState.READING
    run_due()
    assert (imports.one(file.id).new_count, number_of(StagedAsset)) == (1500, 1500)


def test_what_is_begun_at_once_and_not_finished_is_done_by_a_worker(app_context, world):
    file = imports.receive(file=io.BytesIO(written([asset()])), name="old.csv", by=world.dana)
    with transaction():
        row = lock(Import, file.id)
        row.state = ImportState.APPLYING  # the process ended here
        row.applied_by_id = world.dana.id
    assert run_due() == 0
    with transaction():
        item = db.session.scalar(select(Job).where(Job.kind == JobKind.IMPORT))
        item.due_at -= timedelta(minutes=5)
    run_due()
    assert (imports.one(file.id).state, number_of(Asset)) == (ImportState.APPLIED, 1)


def test_a_discarded_file_leaves_nothing(app_context, world):
    file = bring(world, written([asset()]))
    imports.discard(file)
    assert [number_of(model) for model in (Import, ImportPart, StagedAsset, Asset)] == [0, 0, 0, 0]
    applied = apply(world, bring(world, written([asset()])))
    with pytest.raises(errors.Conflict):
        imports.discard(applied)


def test_bytes_and_rows_are_deleted_after_seven_days(app_context, world, settings):
    applied = apply(world, bring(world, written([asset(1), asset(2, Quantity="ten")])), skip_faulty=True)
    waiting = bring(world, written([asset(3)]))
    unread = bring(world, written([asset(number, Name="x" * 100) for number in range(1500)]))
    path = import_rejects.folder() / "rejects.csv"
    import_rejects.write(applied, path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    cleanup.clean_up()
    assert imports.one(applied.id).has_rejects
    assert path.exists()
    later = clock.now() + imports.KEPT + timedelta(minutes=1)
    imports.delete_expired(later)
    assert (number_of(ImportPart), number_of(StagedAsset)) == (0, 0)
    import_rejects.tidy_folder(timedelta(0))
    assert not path.exists()
    assert (imports.one(applied.id).has_rejects, imports.one(applied.id).new_count) == (False, 1)
    assert imports.one(unread.id).state is ImportState.UNREADABLE
    with pytest.raises(errors.Conflict):
        apply(world, imports.one(waiting.id))


def test_the_rejects_can_be_corrected_and_imported(app_context, world):
    apply(world, bring(world, files.ACCOUNTS))
    file = apply(world, bring(world, files.ASSETS), skip_faulty=True)
    text = rejects(file).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 15
    assert rows[0]["Reason"] == "Purchase Date: “31/02/2025” is not in the calendar."
    assert list(rows[0])[:-1] == list(files.ASSET_HEADS)
    mended = text.replace("31/02/2025", "28/02/2025").replace('"ten"', '"10"').replace('"\'-5"', '"5"')
    second = bring(world, mended.encode())
    assert counts(second) == (3, 0, 0, 12)
    assert "Reason" not in second.ignored
    third = apply(world, second, skip_faulty=True)
    assert len(list(csv.DictReader(io.StringIO(rejects(third).decode("utf-8-sig"))))) == 12
    assert rejects(third).decode().splitlines()[0].count("Reason") == 1


def test_no_cell_of_the_rejects_runs_in_a_spreadsheet(app_context, world):
    """A number with a sign neither: by another separator it is read together with what follows."""
    names = ("=1+1", "+ 20 extra", "-cmd", "@SUM(A1)", "＝1", "'=quoted", "Licences;=1+1", ' "=1+1')
    file = bring(world, written([asset(n, Name=name, Quantity="-5") for n, name in enumerate(names)], delimiter=";"))
    rows = list(csv.DictReader(io.StringIO(rejects(file).decode("utf-8-sig")), delimiter=";"))
    assert [row["Name"] for row in rows] == [
        "'=1+1",
        "'+ 20 extra",
        "'-cmd",
        "'@SUM(A1)",
        "'＝1",
        "'=quoted",
        "Licences;'=1+1",
        "' \"=1+1",
    ]
    assert {row["Quantity"] for row in rows} == {"'-5"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_the_portal_writes_is_already_there_when_it_comes_back(app_context, world, delimiter):
    names = ("=1+1", "Licences;=cmd|'/C calc'!A0", "-5", "＝1", '"=1+1"', "a, -b", "O'Neill;-x", "Plain")
    apply(world, bring(world, written([asset(n, Name=name) for n, name in enumerate(names)])))
    kept = dict(db.session.execute(select(Asset.external_id, Asset.name)).all())
    assert kept == {f"OLD-{n}": name for n, name in enumerate(names)}
    rows = [asset(n, Name=kept[f"OLD-{n}"]) for n in range(len(names))]
    again = csv_safe.text_of([files.ASSET_HEADS, *(row.values() for row in rows)], delimiter)
    assert counts(bring(world, again.encode())) == (0, len(names), 0, 0)


CELL = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from(list("=+-@'\";,\n\té „ß")), max_size=20
)
PLAIN = hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FEW = hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def values_of(content: bytes) -> list[dict]:
    """What the portal understands of a file of assets."""
    writing = import_file.format_of(lambda: io.BytesIO(content))
    reader = import_file.CsvReader(io.BytesIO(content), writing)
    shape = import_columns.shape_of(reader.heading(import_kinds.count_known), import_assets.COLUMNS)
    found = [Cells(record, shape, import_assets.TITLES) for record in reader]
    return [import_assets.staged(cells) | {"reference": None, "faults": cells.faults} for cells in found]


@given(
    names=st.lists(CELL, min_size=1, max_size=4),
    order=st.permutations(files.ASSET_HEADS),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]),
)
@PLAIN
def test_however_a_file_is_written_it_says_the_same(app, names, order, delimiter, end, encoding):
    rows = [asset(number, Name=name) for number, name in enumerate(names)]
    try:
        content = written(rows, heads=order, delimiter=delimiter, end=end, encoding=encoding)
    except UnicodeEncodeError:  # this text cannot be written like that
        return
    if encoding in ("cp1252", "latin-1") and not content.isascii() and _is_utf_8(content):
        return  # “Â” and a fixed space in CP1252 are a fixed space in UTF-8: nobody can tell
    with app.app_context():
        assert values_of(content) == values_of(written(rows, encoding="utf-8-sig"))


def _is_utf_8(content: bytes) -> bool:
    return content.decode("utf-8", "ignore").encode() == content


@given(names=st.lists(CELL, min_size=1, max_size=5), delimiter=st.sampled_from(",;\t"))
@FEW
def test_corrected_rejects_import_clean(app_context, world, names, delimiter):
    content = written([asset(n, Name=name, Quantity="ten") for n, name in enumerate(names)], delimiter=delimiter)
    file = bring(world, content)
    second = bring(world, rejects(file).replace(b"ten", b"10"))
    kept = {row.external_id: row.name for row in import_run.rows_with(second, RowResult.NEW)}
    wanted = {f"OLD-{n}": import_values.plain(name) or "BitTitan Mailbox License" for n, name in enumerate(names)}
    faulty = {row.external_id for row in import_run.rows_with(second, RowResult.FAULTY)}
    assert kept | dict.fromkeys(faulty) == {key: None if key in faulty else name for key, name in wanted.items()}
    assert all(is_no_name(names[int(key.removeprefix("OLD-"))]) for key in faulty)
    for each in (file, second):
        imports.discard(each)
