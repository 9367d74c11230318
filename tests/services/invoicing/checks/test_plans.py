"""The counts of the work queue read indexes of what is left, not every line: also with a million lines."""

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.services.invoicing.checks import billed_not_delivered, delivered_not_billed


def plan(statement) -> str:
    is_sqlite = db.engine.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()
    sql = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    if not is_sqlite:
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    rows = db.session.execute(text(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}".replace(":", r"\:")))
    return "\n".join(" ".join(map(str, row)) for row in rows)


def test_what_is_not_billed_is_found_by_its_own_index(app, world):
    with app.app_context():
        found = plan(delivered_not_billed.amounts())
    assert "ix_order_lines_not_billed" in found
    assert "SCAN assets" not in found
    assert "SCAN orders" not in found


def test_what_is_not_delivered_is_found_by_the_indexes_of_the_queue(app, world):
    with app.app_context():
        found = plan(billed_not_delivered.amounts())
    for index in ("ix_assets_failed", "ix_assets_in_review", "ix_assets_cancelled"):
        assert index in found
    assert "SCAN invoice_lines" not in found
