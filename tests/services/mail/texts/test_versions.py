"""Saving, resetting, and what stays on record."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.extensions import db
from portal.models import AuditEntry
from portal.services.mail.events import WELCOME
from portal.services.mail.texts import versions
from portal.services.mail.texts.built_in import Texts
from tests import mails
from tests.services.shop import at_once

FIRST, SECOND = Texts("First", "{{ code }}"), Texts("Second", "{{ code }}")

pytestmark = pytest.mark.usefixtures("app_context")


def save(world, texts: Texts, version: int) -> bool:
    return versions.save(WELCOME, "de", texts, version=version, by=world.dora)


def audited() -> list[tuple]:
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "mail text").order_by(AuditEntry.id))
    return [(each.act, each.field, each.before, each.after, each.actor) for each in entries]


def test_each_save_and_reset_is_a_version_and_an_entry_of_the_audit_log(world):
    assert save(world, FIRST, 0)
    assert not save(world, FIRST, 1)
    assert save(world, SECOND, 1)
    versions.reset(WELCOME, "de", version=2, by=world.dora)

    rows, _older = versions.history(WELCOME, "de", None, 9)
    assert [(row.number, row.subject, row.saved_by.name) for row in rows] == [
        (3, None, world.dora.name), (2, "Second", world.dora.name), (1, "First", world.dora.name),
    ]  # fmt: skip
    assert audited() == [
        ("save", "welcome de", "built-in text", "version 1", world.dora.name),
        ("save", "welcome de", "version 1", "version 2", world.dora.name),
        ("reset", "welcome de", "version 2", "built-in text", world.dora.name),
    ]
    with pytest.raises(Conflict):
        versions.reset(WELCOME, "de", version=3, by=world.dora)


def test_who_saw_an_older_version_saves_and_resets_nothing(world):
    save(world, FIRST, 0)
    with pytest.raises(StaleVersion):
        save(world, SECOND, 0)
    with pytest.raises(StaleVersion):
        versions.reset(WELCOME, "de", version=0, by=world.dora)
    assert len(audited()) == 1


def test_of_two_who_save_at_the_same_moment_one_does(world, app):
    def one() -> bool:
        with app.app_context():
            return save(world, FIRST, 0)

    found = at_once(4, one)
    assert [each for each in found if each is True] == [True]
    assert {type(each) for each in found if each is not True} == {StaleVersion}
    assert len(audited()) == 1


def test_what_cannot_be_sent_is_not_saved(world):
    with pytest.raises(InvalidInput):
        save(world, Texts("Hi {{ code }}", "{{ code }}"), 0)
    assert versions.newest(WELCOME, "de") is None


@pytest.mark.parametrize("change", ["UPDATE mail_text_versions SET text = 'x'", "DELETE FROM mail_text_versions"])
def test_the_database_changes_and_drops_no_version(world, change):
    mails.text(world)
    with pytest.raises(DBAPIError, match="stays as it is"), world.transaction():
        db.session.execute(text(change))
