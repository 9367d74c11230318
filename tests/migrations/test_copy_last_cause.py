"""0021 on a database that is in use: each asset that waits for a person gets its copy, and keeps it true."""

import pytest
from sqlalchemy import inspect

from portal.extensions import db
from tests import last_causes
from tests.migrations.steps import down_below, rows, up_to, write

REVISION = "0021_copy_last_cause"
COLUMNS = {"last_attempt_id", "last_cause", "waits_since"}
INDEXES = {
    "assets": ({"ix_assets_failed"}, {"ix_assets_failed", "ix_assets_in_review"}),
    "attempts": ({"ix_attempts_failed", "ix_attempts_cause"}, set()),
    "coupons": ({"ix_coupons_unredeemed"}, {"ix_coupons_unredeemed"}),
}
"""Before and after, of those that it touches."""


def fill_in_the_version_before(world):
    for status in ("synchronizing", "unconfirmed", "review", "synchronized", "failed"):
        world.asset(status, attempts=2)
    world.asset("failed", attempt={"cause": "Forbidden", "settled_at": None})
    world.asset("failed", attempt={"cause": None})
    world.asset("failed", attempts=0)
    world.asset("failed", lifecycle="cancelled")
    withdrawn = world.asset("failed")
    world.edit(world.attempts_of(withdrawn)[-1], state="succeeded", cause=None)
    down_below(REVISION)


@pytest.fixture
def fill():
    return fill_in_the_version_before


@pytest.fixture
def waiting(world, app):
    """Assets of each status, in the version before; two causes, none, no attempt, and a code that was withdrawn."""
    with app.app_context():
        yield world


def known_indexes() -> dict[str, set[str]]:
    touched = {name: before | after for name, (before, after) in INDEXES.items()}
    return {
        name: {index["name"] for index in inspect(db.engine).get_indexes(name)} & names
        for name, names in touched.items()
    }


def without_copies() -> list[dict]:
    return [{name: value for name, value in row.items() if name not in COLUMNS} for row in rows("assets")]


def test_up_and_down_keep_every_row(waiting, app):
    known, attempts = without_copies(), rows("attempts")
    assert not COLUMNS & set(rows("assets")[0])
    assert known_indexes() == {name: before for name, (before, _) in INDEXES.items()}
    up_to(REVISION)
    last_causes.check()
    db.session.rollback()  # its lock would keep PostgreSQL from changing the table
    causes = [row["last_cause"] for row in rows("assets")]
    assert causes.count(None) == 3
    assert {"CreditLimitExceeded", "NeverFound", "Forbidden", "no-reason", "never-sent"} == set(causes) - {None}
    assert (without_copies(), rows("attempts")) == (known, attempts)
    assert known_indexes() == {name: after for name, (_, after) in INDEXES.items()}
    down_below(REVISION)
    assert (rows("assets"), rows("attempts")) == (known, attempts)
    assert known_indexes() == {name: before for name, (before, _) in INDEXES.items()}
    write("UPDATE attempts SET cause = 'Forbidden'")  # no trigger is left that asks for the columns


def test_what_is_written_later_gets_its_copy(waiting):
    up_to("head")  # the builder writes the columns of now
    for status, attempts in (("failed", 2), ("failed", 0), ("review", 1), ("synchronized", 1)):
        waiting.asset(status, attempts=attempts)
    last_causes.check()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempts SET cause = 'Maintenance', settled_at = NULL",
        "UPDATE attempts SET state = 'not_sent', cause = 'Maintenance' WHERE number = 1",
        "UPDATE assets SET sync_status = 'synchronized'",
        "UPDATE assets SET sync_status = 'review' WHERE sync_status = 'failed'",
        "UPDATE assets SET sync_status = 'failed'",
        "UPDATE assets SET attempts_made = attempts_made - 1 WHERE attempts_made > 0",
    ],
)
def test_whatever_changes_the_copy_is_the_newest_attempts(waiting, change):
    up_to(REVISION)
    write(change)
    last_causes.check()
