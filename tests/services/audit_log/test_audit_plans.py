"""No page, count or file of the audit log reads the whole table: the planner's own word, for each filter."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from portal.core import access, audit
from portal.core.paging import Place
from portal.extensions import db
from portal.services import audit_log
from portal.services.audit_log import Filters, Group, asset_story, audit_people
from portal.services.lists import exports
from tests.plans import explained

MORE = 12_000
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
PLACES = (Place(), Place(after="5,2026-11-01T00:00:00"), Place(before="5,2026-11-01T00:00:00"), Place(is_last=True))
WHOLE_TABLE = {
    "sqlite": re.compile(r"SCAN audit_entries\b(?! USING)"),
    "postgresql": re.compile("Seq Scan on audit_entries"),
}


@pytest.fixture
def crowded(app, world):
    world.asset(account=world.partner)
    with app.app_context():
        with world.transaction():
            _multiply(world.dana.id, world.paula.id)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"ALTER DATABASE {db.engine.url.database} SET enable_seqscan = off"))
        db.session.remove()
        db.engine.dispose()
        yield world


def _multiply(first: int, second: int) -> None:
    """Nearly all are the worker's, about assets; one of a hundred is anything else."""
    at = "strftime('%Y-%m-%d %H:%M:%f000', '2026-11-10', '-' || (i % 9000) || ' minutes')"
    if db.engine.dialect.name == "postgresql":
        at = "TIMESTAMPTZ '2026-11-10 00:00Z' - i % 9000 * INTERVAL '1 minute'"
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MORE})"
    db.session.execute(
        text(
            "INSERT INTO audit_entries (at, actor_id, actor, subject, subject_id, act) "
            f"{numbers} SELECT {at}, CASE i % 100 WHEN 1 THEN {first} WHEN 2 THEN {second} END, "
            "CASE i % 100 WHEN 1 THEN 'Dana' WHEN 2 THEN 'Paula' WHEN 3 THEN 'command line' ELSE 'worker' END, "
            "CASE i % 100 WHEN 4 THEN 'company' WHEN 5 THEN 'order' WHEN 6 THEN 'tax_code' ELSE 'asset' END, "
            "i % 3000 + 1, CASE i % 50 WHEN 7 THEN 'reveal' ELSE 'sync' END FROM n"
        )
    )


def whole_table(line: str) -> bool:
    return bool(WHOLE_TABLE[db.engine.dialect.name].search(line))


def of(world, name: str) -> Filters:
    days = {"first": NOON - timedelta(days=2), "end": NOON - timedelta(days=1)}
    given = {
        "nothing": {},
        "days": days,
        "a person": {"person_id": world.dana.id},
        "a person on a day": {"person_id": world.dana.id, **days},
        "settings of a person": {"person_id": world.dana.id, "group": Group.SETTINGS},
        "codes": {"group": Group.CODES},
        "codes on a day": {"group": Group.CODES, **days},
        "codes of a person": {"group": Group.CODES, "person_id": world.dana.id},
        "the command line": {"process": audit.COMMAND_LINE},
        "settings of the worker": {"process": audit.WORKER, "group": Group.SETTINGS},
        "codes of the worker": {"process": audit.WORKER, "group": Group.CODES},
        "settings": {"group": Group.SETTINGS},
        "settings on a day": {"group": Group.SETTINGS, **days},
        "reveals": {"group": Group.REVEALS},
        "reveals of a person": {"group": Group.REVEALS, "person_id": world.dana.id},
        "an asset": {"about": ("asset", 7)},
        "an account": {"account_ids": (world.partner.id,)},
        "an account on a day": {"account_ids": (world.partner.id,), **days},
        "a person in an account": {"account_ids": (world.partner.id,), "person_id": world.dana.id},
    }
    return Filters(**given[name])


INDEXES = {
    "nothing": "ix_audit_entries_at",
    "days": "ix_audit_entries_at",
    "a person": "ix_audit_entries_person",
    "a person on a day": "ix_audit_entries_person",
    "settings of a person": "ix_audit_entries_person_kind",
    "codes": "ix_audit_entries_codes",
    "codes on a day": "ix_audit_entries_codes",
    "codes of a person": "ix_audit_entries_person_codes",
    "the command line": "ix_audit_entries_process",
    "settings of the worker": "ix_audit_entries_process_kind",
    "codes of the worker": "ix_audit_entries_process",
    "settings": "ix_audit_entries_kind",
    "settings on a day": "ix_audit_entries_kind",
    "reveals": "ix_audit_entries_reveals",
    "reveals of a person": "ix_audit_entries_person_reveals",
    "an asset": "ix_audit_entries_subject",
    "an account": "ix_audit_entries_subject",
    "an account on a day": "ix_audit_entries_subject",
    "a person in an account": "ix_audit_entries_subject",
}


def may_choose(name: str) -> bool:
    """PostgreSQL knows how many rows either filter leaves."""
    is_both = name in ("settings of a person", "codes of a person", "codes of the worker", "reveals of a person")
    return is_both and db.engine.dialect.name == "postgresql"


def test_a_page_reads_the_index_of_its_filter(crowded):
    for name, place in itertools.product(INDEXES, PLACES):
        lines = explained(lambda name=name, place=place: audit_log.page(of(crowded, name), place))
        assert not any(whole_table(line) for line in lines), (name, place, lines)
        assert any(re.search(rf"{INDEXES[name]}\b", line) for line in lines) or may_choose(name), (name, place, lines)
        if name not in ("nothing", "days"):
            assert not any("ix_audit_entries_at" in line for line in lines), (name, place, lines)


def test_a_count_reads_no_table(crowded):
    for name in INDEXES:
        lines = explained(lambda name=name: audit_log.count(of(crowded, name)))
        assert not any(whole_table(line) for line in lines), (name, lines)


@pytest.mark.sqlite
def test_a_file_is_not_sorted_if_one_index_has_its_order(crowded):
    for name in INDEXES:
        lines = explained(lambda name=name: list(exports.stream(audit_log.every(of(crowded, name)))))
        assert not any(whole_table(line) for line in lines), (name, lines)
        if name in ("nothing", "days", "a person", "a person on a day", "the command line", "reveals"):
            assert not any("TEMP B-TREE" in line for line in lines), (name, lines)


def test_who_acted_is_looked_up_by_person(crowded):
    lines = explained(lambda: audit_people.colleagues(crowded.dana))
    assert not any(whole_table(line) for line in lines), lines


def test_the_story_of_an_asset_reads_no_whole_table(crowded):
    asset = access.visible_asset(crowded.dana, 1)
    for part in (None, *asset_story.Part):
        lines = explained(lambda part=part: asset_story.page(asset, part, Place()))
        assert not any(whole_table(line) for line in lines), (part, lines)
