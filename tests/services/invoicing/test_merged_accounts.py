"""What a merged account was invoiced and has paid belongs to the account that is kept; the stored files stay."""

from portal.core import billing_access
from portal.extensions import db
from portal.models import Account, Invoice, Payment, User
from portal.services.accounts import account_merges
from tests import bills


def test_invoices_and_payments_follow_their_account(billing, world):
    twin = world.account("customer", parent=world.distributor, currency="EUR", organization_id="twin")
    billing.tax(twin, "S24")
    world.edit(world.direct_customer, organization_id="twin")
    issued = billing.issued(billing.delivered(account=twin))
    content = billing.do(lambda: db.session.get(Invoice, issued.id).content)
    paid = bills.payment(world, twin)

    def merge():
        row, kept = db.session.get(Account, twin.id), db.session.get(Account, world.direct_customer.id)
        account_merges.merge(row, kept, versions=(row.version, kept.version), why="Entered twice", by=billing.dana)

    billing.do(merge)
    kept = world.direct_customer.id
    assert billing.read(issued).billed_account_id == kept
    assert billing.do(lambda: db.session.get(Payment, paid.id).account_id) == kept
    assert billing.do(lambda: db.session.get(Invoice, issued.id).content) == content
    reader = world.user(world.direct_customer)
    rows = billing_access.visible_invoices
    assert billing.do(lambda: [row.id for row in db.session.scalars(rows(db.session.get(User, reader.id)))]) == [
        issued.id
    ]
