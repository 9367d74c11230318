"""0041 on a database that is in use: what was decided stays, and the two columns come and go."""

from sqlalchemy import inspect

from portal.extensions import db
from tests import reconciliations
from tests.migrations.steps import down_below, rows, up_to

NAME = "0041_add_case_numbers"
NEW = {"case_number", "confirmed_as"}


def columns() -> set[str]:
    return {each["name"] for each in inspect(db.engine).get_columns("reconciliation_findings")}


def test_up_and_down_keep_what_was_decided(world, app):
    with app.app_context():
        reconciliations.chosen(world)
        down_below(NAME)
        before = rows("reconciliation_findings")
        assert len(before) == 1
        assert not NEW & columns()
        up_to(NAME)
        assert NEW <= columns()
        after = rows("reconciliation_findings")
        assert [{name: value for name, value in row.items() if name not in NEW} for row in after] == before
        assert [(row["case_number"], row["confirmed_as"]) for row in after] == [(None, None)]
