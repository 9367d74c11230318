"""The floor's plan: what the portal itself sends to the database for each page, statement by statement.

`python -m bench.capture PLAN` asks the portal, in this process, for each page, listens to its database driver and
writes down what it hears. So the floor cannot drift from the portal.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.test import Client

from bench import facts
from bench.cases import Case, cases
from bench.forms import Forms
from bench.plan import COMMIT, ROLLBACK, Plan, Statement
from portal import create_app
from portal.demo.password import known_password
from portal.extensions import db


def write_plan(app: Flask, path: Path) -> None:
    with app.app_context():
        known, password = facts.read(), known_password()
        db.session.remove()
    people = {email: _signed_in(app, email, password) for email in (known.staff_email, known.largest_partner_email)}
    plan = {}
    for case in cases(known):
        person = people[known.largest_partner_email if case.as_partner else known.staff_email]
        if case.is_save:
            address = case.address("portal", 0).replace(str(known.assets["portal"]), str(known.assets["floor"]))
            plan[case.name] = _of_a_save(app, person, address)
            continue
        for turn in range(len(case.terms) or 1):
            plan[case.turn_name(turn)] = _of_a_page(app, person, case, case.address("portal", turn))
    Plan(known, plan).write(path)


def _signed_in(app, email: str, password: str) -> Client:
    person = app.test_client()
    action, fields = Forms.of(person.get("/sign-in").text, email=email, password=password)
    answer = person.post(action or "/sign-in", data=fields)
    assert answer.status_code == 303, f"{email} could not sign in: {answer.status_code}"
    return person


def _of_a_page(app, person: Client, case: Case, address: str) -> list[Statement]:
    person.get(address).close()  # what a process reads once, it has read
    with _listening(app) as heard:
        answer = person.get(address, buffered=False)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        list(islice(answer.response, 1000)) if case.is_export else answer.get_data()  # heads, then rows
        found = list(heard)
        answer.close()
    return found


def _of_a_save(app, person: Client, address: str) -> list[Statement]:
    """Twice, to see which parameters are versions."""
    rounds = []
    for name in ("Mailboxes, renamed once", "Mailboxes, renamed again", "Mailboxes, renamed once"):
        action, fields = Forms.of(person.get(address).text, name=name)
        with _listening(app) as heard:
            answer = person.post(action or address, data=fields)
            assert answer.status_code == 303, f"{address}: {answer.status_code}"
        rounds.append(list(heard))
    _, before, after = rounds
    return [_moved(one, other) for one, other in zip(before, after, strict=True)]


def _moved(before: Statement, after: Statement) -> Statement:
    if not before.parameters:
        return before
    places = before.parameters.keys() if isinstance(before.parameters, dict) else range(len(before.parameters))
    moving = tuple(place for place in places if _grew(before.parameters[place], after.parameters[place]))
    return Statement(after.sql, after.parameters, moving)


def _grew(before: Any, after: Any) -> bool:
    return type(before) is int and type(after) is int and after == before + 1


def _kept(parameters: Any) -> Any:
    """SQLite’s driver gets bytes as a view of memory, which cannot be written down."""
    if not isinstance(parameters, tuple):
        return parameters
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in parameters)


@contextmanager
def _listening(app) -> Iterator[list[Statement]]:
    heard: list[Statement] = []

    def statement(_connection, _cursor, sql, parameters, _context, _many) -> None:
        heard.append(Statement(sql, _kept(parameters)))

    def commit(_connection) -> None:
        heard.append(Statement(COMMIT))

    def rollback(_connection) -> None:
        heard.append(Statement(ROLLBACK))

    with app.app_context():
        engine = db.engine
    ears = (("before_cursor_execute", statement), ("commit", commit), ("rollback", rollback))
    for name, ear in ears:
        event.listen(engine, name, ear)
    try:
        yield heard
    finally:
        for name, ear in ears:
            event.remove(engine, name, ear)


if __name__ == "__main__":
    write_plan(create_app(), Path(sys.argv[1]))
