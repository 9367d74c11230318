"""Who cancels an asset that was invoiced drafts its credit note, and issues none."""

import pytest
from sqlalchemy import select

from portal.core import billing_access
from portal.core.errors import Conflict, DomainError
from portal.extensions import db
from portal.models import REVOKED, Asset, Coupon, CreditCause, Invoice, InvoiceKind
from portal.services import assets
from portal.services.invoicing import credit_notes, drafts
from tests.services.shop import at_once


@pytest.fixture
def cancel(billing, world):
    """Of assets whose coupon BitTitan has revoked: at once. Returns how many cancellations went through."""

    def once(asset: Asset) -> bool:
        def act() -> bool:
            row = db.session.get(Asset, asset.id)
            try:
                assets.cancel(row, version=asset.version, by=billing.dana, reason="Ordered twice")
            except DomainError:
                return False
            return True

        return billing.do(act)

    def several(*cancelled: Asset) -> int:
        with billing.app.app_context(), world.transaction():
            for row in db.session.scalars(select(Coupon).where(Coupon.asset_id.in_([each.id for each in cancelled]))):
                row.status = REVOKED
        return sum(map(once, cancelled))

    several.once = once
    return several


def credit_drafts(billing) -> list[Invoice]:
    rows = select(Invoice.id).where(Invoice.kind == InvoiceKind.CREDIT_NOTE, Invoice.number.is_(None))
    ids = billing.do(lambda: list(db.session.scalars(rows.order_by(Invoice.id))))
    return billing.do(lambda: [billing_access.visible_invoice(billing.dana, number) for number in ids])


def issue(billing, draft: Invoice) -> Invoice:
    def act():
        row = billing_access.visible_invoice(billing.dana, draft.id)
        return credit_notes.issue_draft(row, version=draft.version, by=billing.dana).id

    number = billing.do(act)
    return billing.do(lambda: billing_access.visible_invoice(billing.dana, number))


def test_what_is_cancelled_of_one_invoice_is_one_draft_that_staff_issue(billing, cancel):
    first, second, kept = billing.delivered(25), billing.delivered(10), billing.delivered(5)
    issued = billing.issued(first, second, kept)
    assert cancel(first, second, first) == 2
    (draft,) = credit_drafts(billing)
    assert [(line.asset_id, line.quantity) for line in draft.lines] == [(first.id, 25), (second.id, 10)]
    assert (draft.cause, draft.corrects_id, draft.reason) == (
        CreditCause.CANCELLED, issued.id, "The licences were cancelled.",
    )  # fmt: skip
    assert billing.read(issued).settled == 0
    note = issue(billing, draft)
    after = billing.read(issued)
    assert (note.number[:3], note.gross, after.settled) == ("CN-", draft.gross, note.gross)
    assert [line.left for line in after.lines] == [0, 0, 5]
    with pytest.raises(Conflict, match="issued as CN-"):
        issue(billing, draft)


def test_two_cancellations_at_once_draft_one(billing, cancel, world):
    asset = billing.delivered()
    billing.issued(asset)
    with billing.app.app_context(), world.transaction():
        db.session.scalar(select(Coupon).where(Coupon.asset_id == asset.id)).status = REVOKED
    assert sorted(at_once(2, lambda: cancel.once(asset))) == [False, True]
    (draft,) = credit_drafts(billing)
    assert len(draft.lines) == 1


def test_nothing_is_drafted_for_what_is_credited_or_on_a_draft(billing, cancel):
    credited, drafted = billing.delivered(), billing.delivered()
    billing.credit(billing.issued(credited))
    billing.draft(drafted)
    assert cancel(credited, drafted) == 2
    assert credit_drafts(billing) == []


def test_a_credit_by_hand_takes_its_part_off_the_draft(billing, cancel):
    first, second = billing.delivered(25), billing.delivered(10)
    issued = billing.issued(first, second)
    cancel(first, second)
    billing.credit(issued, 25, 0)
    (draft,) = credit_drafts(billing)
    assert [(line.asset_id, line.quantity) for line in draft.lines] == [(second.id, 10)]
    assert draft.net == draft.lines[0].net
    billing.credit(billing.read(issued), 0, 4)
    (draft,) = credit_drafts(billing)
    assert draft.lines[0].quantity == 6
    billing.credit(billing.read(issued))
    assert credit_drafts(billing) == []


def test_a_discarded_draft_credits_nothing(billing, cancel):
    asset = billing.delivered()
    issued = billing.issued(asset)
    cancel(asset)
    (draft,) = credit_drafts(billing)
    billing.do(lambda: drafts.discard(draft, version=draft.version, by=billing.dana))
    assert (credit_drafts(billing), billing.read(issued).lines[0].left) == ([], 25)
