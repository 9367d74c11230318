"""0037 on a database that is in use: every row stays, and no line or tax is added to an issued invoice any more."""

import pytest
from sqlalchemy.exc import DatabaseError

from tests.migrations import steps

NAME = "0037_add_nothing_to_issued"
KEPT = ("invoices", "invoice_lines", "invoice_taxes")
ADD_TAX = (
    "INSERT INTO invoice_taxes (invoice_id, category, rate, reason, reason_code, net, vat) "
    "SELECT id, :category, 0, '', '', 0, 0 FROM invoices WHERE number IS NOT NULL"
)
MOVE_LINE = "UPDATE invoice_lines SET position = :place, invoice_id = :invoice WHERE NOT is_issued"


@pytest.fixture
def populated(world, app):
    with app.app_context():
        yield world.invoice(), world.draft()


def test_up_and_down_keep_every_row(populated):
    issued, draft = populated
    steps.down_below(NAME)
    before = {name: steps.rows(name) for name in KEPT}
    steps.up_to(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    with pytest.raises(DatabaseError, match="never changes"):
        steps.write(ADD_TAX, category="E")
    with pytest.raises(DatabaseError, match="never changes"):
        steps.write(MOVE_LINE, place=2, invoice=issued.id)
    steps.write(MOVE_LINE, place=2, invoice=draft.id)

    steps.down_below(NAME)
    steps.write(ADD_TAX, category="E")
    steps.write(MOVE_LINE, place=2, invoice=issued.id)
