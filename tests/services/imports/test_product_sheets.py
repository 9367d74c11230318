"""Products from a file: their state, and a preview that waits for nobody."""

import pytest
from sqlalchemy import select

from portal.bss.catalog import product_columns
from portal.core.csv_safe import text_of
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import AuditEntry, Product, ProductState
from portal.services import catalog
from portal.services.catalog import prices, product_changes, product_list
from portal.services.imports import products

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def in_context(app):
    with app.app_context():
        yield


def saved(world, text: str) -> products.Sheet:
    return products.apply(text, None, seen=products.preview(text, None).digest, by=world.dora)


def states() -> dict[str, ProductState]:
    return {row.code: row.state for row in catalog.products()}


def exported() -> str:
    currencies = list(prices.currencies())
    rows = product_list.all_of(product_list.Filters())
    lines = [product_columns.line_in_file(row, currencies) for row in rows]
    return text_of([product_columns.heads_in_file(currencies), *lines])


def test_the_state_is_read(world):
    world.product("OLD", {"EUR": 100}, published_at=None)
    text = (
        "Code,Type,Name,State\nOLD,,,published\nBT-BUNDLE,,,Withdrawn\nONE,MailboxLicense,One,Published\n"
        "TWO,MailboxLicense,Two,Withdrawn\nTHREE,MailboxLicense,Three,\nBT-MAILBOX,,,\n"
    )
    sheet = saved(world, text)
    assert (len(sheet.taken), sheet.same_count, sheet.faulty) == (5, 1, [])
    draft, published, withdrawn = ProductState
    assert states() == {
        "OLD": published, "BT-BUNDLE": withdrawn, "ONE": published, "TWO": withdrawn, "THREE": draft,
        "BT-MAILBOX": published,
    }  # fmt: skip
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject == "product").order_by(AuditEntry.id))
    assert list(acts) == ["publish", "withdraw", "create", "publish", "create", "withdraw", "create"]
    assert saved(world, text).taken == []


def test_a_type_that_is_gone_is_not_published_and_nothing_of_the_row_is_saved(world):
    world.edit(world.bundle.type, sku_id=None)
    text = "Code,Type,Name,State,EUR\nNEW,UserMigrationBundle,New,Published,5\nBT-BUNDLE,,,Published,7\n"
    sheet = saved(world, text)
    assert [row.code for row in sheet.taken] == ["BT-BUNDLE"]
    assert "BitTitan no longer sells" in sheet.faulty[0].faults[0][1]
    with pytest.raises(NotVisible):
        catalog.product_named("NEW")


def test_rows_of_one_product_follow_each_other(world):
    rows = "NEW,MailboxLicense,New,Draft,5\nNEW,,,Published,\nNEW,,Newer,,6\nNEW,,,Draft,\n"
    sheet = saved(world, f"Code,Type,Name,State,EUR\n{rows}")
    assert [[change[1:] for change in row.changes] for row in sheet.rows[1:3]] == [
        [(ProductState.DRAFT, ProductState.PUBLISHED)], [("New", "Newer"), (500, 600)],
    ]  # fmt: skip
    assert len(sheet.faulty) == 1
    row = catalog.product_named("NEW")
    assert (row.name, row.state, row.price_in("EUR").amount) == ("Newer", ProductState.PUBLISHED, 600)


def test_an_unchanged_export_changes_nothing_and_makes_the_same_products_again(world):
    world.product("DRAFT", {"KWD": 4120}, published_at=None, name="=1+1", description="Two\nlines", max_quantity=9)
    product_changes.withdraw(world.bundle, by=world.dora)
    text = exported()
    sheet = products.preview(text, None)
    assert (sheet.same_count, sheet.taken, sheet.faulty, sheet.ignored) == (3, [], [], [])
    with world.transaction():
        for row in Product.query:
            db.session.delete(row)
    saved(world, text)
    assert exported() == text


def test_a_preview_waits_for_nobody_who_writes(world, app):
    """Their locks are kept while it runs: it would end with “busy” after the longest wait."""
    text = "Code,Type,Name,EUR\nBT-MAILBOX,MailboxLicense,,5\nNEW,MailboxLicense,New,5\n"
    db.session.commit()
    with db.engine.connect().execution_options(portal_writes=True) as other, other.begin():
        other.execute(Product.__table__.update().values(min_quantity=2))
        assert [row.is_new for row in products.preview(text, None).taken] == [False, True]
