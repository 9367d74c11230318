"""0018 on a database that is in use: everybody can sign in as before, up and down."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from portal.extensions import db
from tests.settings import ROOT

BEFORE, AFTER = "0017_choose_how_to_read", "0018_add_email_key"
FOLDER = str(ROOT / "migrations")
READABLE = "idn@müller-systemhaus.example"
SPELT = {"dana": "straße@x.example", "carl": "idn@xn--mller-systemhaus-jzb.example", "rita": "idn@käserei.example"}


@pytest.fixture
def before(world, app):
    """People as the version before has them."""
    with app.app_context():
        downgrade(directory=FOLDER, revision=BEFORE)
        for nick, email in SPELT.items():
            write(email, getattr(world, nick).id)
        yield world


def write(email: str, user_id: int) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE users SET email = :email WHERE id = :id"), {"email": email, "id": user_id})


def rows(*columns: str) -> dict[int, tuple]:
    with db.engine.connect() as connection:
        found = connection.execute(text(f"SELECT id, {', '.join(columns)} FROM users ORDER BY id"))
        return {row[0]: tuple(row[1:]) for row in found}


def test_every_address_gets_its_canonical_form_and_keeps_its_spelling(before):
    columns, known = ("email", "name", "password_hash", "version"), rows("email", "name", "password_hash", "version")
    upgrade(directory=FOLDER, revision=AFTER)
    assert rows(*columns) == known | {before.carl.id: (READABLE, *known[before.carl.id][1:])}
    keys = {user_id: key for user_id, (key,) in rows("email_key").items()}
    assert keys[before.dana.id] == "straße@x.example"
    assert keys[before.carl.id] == READABLE
    assert keys[before.paula.id] == known[before.paula.id][0]
    indexes = {index["name"]: index["unique"] for index in inspect(db.engine).get_indexes("users")}
    assert indexes["ix_users_email_key"]
    downgrade(directory=FOLDER, revision=BEFORE)
    assert rows("name", "password_hash", "version") == {key: row[1:] for key, row in known.items()}
    assert rows("email")[before.dana.id] == ("strasse@x.example",), "as the version before compares it"
    upgrade(directory=FOLDER, revision=AFTER)


def test_accounts_show_letters_where_a_browser_had_rewritten_them(before):
    columns = "contact_email = 'a@xn--kserei-bua.example', billing_email = 'xn--odd@x.example'"
    with db.engine.connect().execution_options(portal_writes=True) as connection, connection.begin():
        connection.execute(text(f"UPDATE accounts SET {columns}"))
    upgrade(directory=FOLDER, revision=AFTER)
    with db.engine.connect() as connection:
        shown = set(connection.execute(text("SELECT contact_email, billing_email FROM accounts")))
    assert shown == {("a@käserei.example", "xn--odd@x.example")}


def test_the_version_before_leaves_two_people_apart(before):
    upgrade(directory=FOLDER, revision=AFTER)
    with db.engine.connect().execution_options(portal_writes=True) as connection, connection.begin():
        query = text("UPDATE users SET email = :email, email_key = :email WHERE id = :id")
        connection.execute(query, {"email": "strasse@x.example", "id": before.vera.id})
    downgrade(directory=FOLDER, revision=BEFORE)
    assert rows("email")[before.vera.id] == ("strasse@x.example",)
    assert rows("email")[before.dana.id] == ("straße@x.example",)


def test_two_people_with_one_address_are_named_and_nothing_is_changed(before, caplog):
    write("idn@müller-systemhaus.example", before.paula.id)
    known = rows("email")
    with pytest.raises(SystemExit):
        upgrade(directory=FOLDER, revision=AFTER)
    first, second = sorted((before.carl.id, before.paula.id))
    assert f"one e-mail address in two spellings: {first} and {second}" in caplog.text
    assert rows("email") == known
    assert "email_key" not in {column["name"] for column in inspect(db.engine).get_columns("users")}
    write("paula@partner.example", before.paula.id)
    upgrade(directory=FOLDER, revision=AFTER)
