"""Drafts of an order: one after the other, with one line or several, and gone without a trace."""

from sqlalchemy import update

from portal.extensions import db
from portal.models import Asset, CreditCause, Invoice, OrderLine
from portal.services.invoicing import drafts


def invoice_it(billing, order_id: int) -> list[Invoice]:
    return billing.do(lambda: drafts.make_of_order(order_id, by=billing.dana))


def order_of_two(billing, world) -> int:
    """Both delivered."""
    first, second = billing.delivered(), billing.delivered()
    with billing.app.app_context(), world.transaction():
        line = update(OrderLine).where(OrderLine.asset_id == second.id)
        db.session.execute(line.values(order_id=first.order_id, position=2))
        db.session.execute(update(Asset).where(Asset.id == second.id).values(order_id=first.order_id))
    return first.order_id


def test_what_was_left_out_is_invoiced_later(billing, world):
    order_id = order_of_two(billing, world)
    (draft,) = invoice_it(billing, order_id)
    row = billing.read(draft)
    billing.do(lambda: drafts.leave_out(row, row.lines[1].id, version=row.version, by=billing.dana))
    (later,) = invoice_it(billing, order_id)
    assert (billing.read(draft).lines_count, later.lines_count) == (1, 1)
    assert invoice_it(billing, order_id) == []


def test_what_was_credited_as_a_whole_is_invoiced_anew(billing):
    order_id = billing.delivered().order_id
    for _time in range(3):
        (draft,) = invoice_it(billing, order_id)
        billing.credit(billing.issue(draft), cause=CreditCause.PRICE)
    assert len(invoice_it(billing, order_id)) == 1


def test_a_draft_of_several_lines_is_discarded(billing):
    first, second = billing.delivered(), billing.delivered()
    (draft,) = billing.draft(first, second)
    billing.do(lambda: drafts.discard(draft, version=draft.version, by=billing.dana))
    assert billing.draft(first, second)[0].lines_count == 2


def test_lines_are_numbered_without_gaps_when_one_is_left_out(billing):
    (draft,) = billing.draft(*[billing.delivered() for _ in range(4)])
    billing.do(lambda: drafts.leave_out(draft, draft.lines[1].id, version=draft.version, by=billing.dana))
    left = billing.read(draft)
    kept = [line.id for line in draft.lines if line.id != draft.lines[1].id]
    assert [(line.position, line.id) for line in left.lines] == list(zip((1, 2, 3), kept, strict=True))
    assert [line.position for line in billing.issue(left).lines] == [1, 2, 3]


def test_a_draft_that_has_gaps_is_numbered_when_it_is_issued(billing, world):
    (draft,) = billing.draft(billing.delivered(), billing.delivered())
    world.edit(draft.lines[1], position=4)
    assert [line.position for line in billing.issue(billing.read(draft)).lines] == [1, 2]
