"""The list of invoices: found, counted, ordered and paged against a plain reading of all of them."""

import itertools
import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.core.money import major_units
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Invoice, InvoiceKind
from portal.services.invoicing import invoice_list
from portal.services.invoicing.invoice_list import LAST_DAY, Filters, Listed, Query, Way
from portal.services.lists import list_counts

TODAY = date(2026, 12, 1)
START = date(2026, 10, 1)
PO_NUMBERS = ["", "4500-1", "4500-22", "ÄÖ/7"]


def fill_with_invoices(world):
    """Of three accounts in all states, many of them of the same day."""
    chance = random.Random(11)
    accounts = [world.partner, world.rival, world.direct_customer]
    for _ in range(70):
        account = chance.choice(accounts)
        asset = world.asset("synchronized", account=account)
        columns = {"po_number": chance.choice(PO_NUMBERS)}
        if chance.random() < 0.15:
            world.draft(account, assets=[asset], **columns)
            continue
        day = START + timedelta(days=chance.randint(0, 9))
        due_on = day + timedelta(days=chance.choice([14, 30, 90]))
        invoice = world.invoice(account, assets=[asset], issued_on=day, due_on=due_on, documents=(), **columns)
        fate = chance.random()
        if fate < 0.4:
            world.payment(account, invoice.gross if fate < 0.3 else 100, invoice=invoice)
        elif fate < 0.5:
            world.credit_note(invoice, issued_on=day + timedelta(days=2), documents=())


@pytest.fixture
def fill(request):
    return fill_with_invoices if "invoices" in request.fixturenames else None


@pytest.fixture
def invoices(world, app_context):
    return world


def filters(**given) -> Filters:
    return Filters(TODAY, **given)


def listed(viewer, wanted=None, **query):
    query = Query(wanted or filters(), **query)
    counts = invoice_list.count(viewer, query.filters)
    return invoice_list.page(viewer, query, counts), counts


def all_ids(viewer, wanted=None, **query) -> list[int]:
    found, place = [], {}
    while True:
        page, _counts = listed(viewer, wanted, **query, **place)
        found += [row.id for row in page.rows]
        if page.after is None:
            return found
        place = {"after": page.after}


def expected(viewer, keeps=lambda row: True, descending=True, by_due_day=False) -> list[int]:
    db.session.expire_all()
    rows = [row for row in db.session.scalars(select(Invoice)) if _sees(viewer, row) and keeps(row)]
    rows.sort(key=lambda row: ((row.due_on if by_due_day else row.issued_on) or LAST_DAY, row.id), reverse=descending)
    return [row.id for row in rows]


def _sees(viewer, row) -> bool:
    return viewer.is_staff or (row.billed_account_id == viewer.account_id and row.number is not None)


def _is_open(row) -> bool:
    return row.number is not None and row.kind is InvoiceKind.INVOICE and row.paid_at is None


KEEPS = {
    Listed.DRAFT: lambda row: row.number is None,
    Listed.OPEN: _is_open,
    Listed.OVERDUE: lambda row: _is_open(row) and row.due_on < TODAY,
    Listed.PAID: lambda row: row.paid_at is not None and row.kind is InvoiceKind.INVOICE,
    Listed.CREDIT_NOTE: lambda row: row.kind is InvoiceKind.CREDIT_NOTE,
    Listed.INVOICE: lambda row: row.number is not None and row.kind is InvoiceKind.INVOICE,
}


@pytest.mark.parametrize("nick", ["dana", "paula", "rita"])
@pytest.mark.parametrize("state", [None, *Listed])
def test_each_state_is_found_counted_and_ordered(invoices, world, nick, state):
    viewer, keeps = getattr(world, nick), KEEPS.get(state, lambda row: True)
    for descending in (True, False):
        wanted = expected(viewer, keeps, descending, state in (Listed.OPEN, Listed.OVERDUE))
        assert all_ids(viewer, filters(state=state), descending=descending, size=7) == wanted
    _page, counts = listed(viewer, filters(state=state))
    assert counts.total == len(wanted)
    assert counts.by_state == {each: len(expected(viewer, KEEPS[each])) for each in Listed}
    assert counts.every == len(expected(viewer))


def test_a_partners_customer_sees_none_and_not_its_partners(invoices, world):
    for nick in ("carl", "remy"):
        assert all_ids(getattr(world, nick)) == []


@pytest.mark.parametrize(
    "given, keeps",
    [
        ({"currency": "USD"}, lambda row: row.currency == "USD"),
        ({"issued_from": START + timedelta(3)}, lambda row: row.issued_on and row.issued_on >= START + timedelta(3)),
        ({"issued_until": START + timedelta(3)}, lambda row: row.issued_on and row.issued_on <= START + timedelta(3)),
        ({"due_from": TODAY, "due_until": TODAY + timedelta(40)},
         lambda row: row.due_on and TODAY <= row.due_on <= TODAY + timedelta(40)),
        ({"is_impossible": True}, lambda row: False),
    ],
)  # fmt: skip
def test_filters_combine_with_states(invoices, world, given, keeps):
    for state in (None, Listed.OPEN, Listed.PAID, Listed.DRAFT):
        wanted = expected(
            world.dana,
            lambda row, state=state: keeps(row) and KEEPS.get(state, keeps)(row),
            by_due_day=state is Listed.OPEN,
        )
        assert all_ids(world.dana, filters(state=state, **given), size=6) == wanted
        assert listed(world.dana, filters(state=state, **given))[1].total == len(wanted)


def test_an_account_is_only_itself(invoices, world):
    account = world.partner
    wanted = expected(world.dana, lambda row: row.billed_account_id == account.id)
    assert all_ids(world.dana, filters(account_id=account.id)) == wanted
    assert listed(world.dana, filters(account_id=account.id))[1].account.name == account.name
    page, counts = listed(world.paula, filters(account_id=world.rival.id))
    assert (page.rows, counts.total, counts.account) == ([], 0, None)


def test_pages_lead_back(invoices, world):
    wanted = expected(world.dana)
    last, _counts = listed(world.dana, from_the_end=True, size=7)
    found, page = [row.id for row in last.rows], last
    while page.before:
        page, _counts = listed(world.dana, before=page.before, size=7)
        found = [row.id for row in page.rows] + found
    assert found == wanted


@pytest.mark.parametrize("cursor", ["", "x", ",", "2026-01-01,", "2026-99-01,1", "1", "2026-01-01,٣", "9" * 40])
def test_what_is_no_cursor_is_the_first_page(invoices, world, cursor):
    page, _counts = listed(world.dana, after=cursor, size=5)
    assert [row.id for row in page.rows] == expected(world.dana)[:5]


def terms(row: Invoice) -> dict[str, str]:
    return {
        "number": row.number or "", "beginning": (row.number or "")[:-2], "small letters": (row.number or "").lower(),
        "po": row.po_number, "po, beginning": row.po_number[:5], "amount": major_units(row.gross, row.currency),
        "name": row.buyer_name, "name, part": row.buyer_name[3:],
    }  # fmt: skip


@pytest.mark.parametrize("nick", ["dana", "paula"])
def test_a_search_finds_numbers_purchase_orders_buyers_and_amounts(invoices, world, nick, monkeypatch):
    viewer = getattr(world, nick)
    row = db.session.scalars(
        select(Invoice).where(
            Invoice.billed_account_id == world.partner.id, Invoice.po_key == "ao/7", Invoice.number.is_not(None)
        )
    ).first()
    for what, typed in terms(row).items():
        if not typed or (what.startswith("name") and not viewer.is_staff):
            continue
        term = invoice_list.understand(viewer, typed)
        found = all_ids(viewer, filters(term=term), size=9)
        wanted = expected(viewer, lambda each, what=what, typed=typed: _matches(each, what, typed, row))
        assert row.id in found, what
        assert found == wanted, what
        with monkeypatch.context() as patched:  # more than can be counted: the same rows, one after the other
            patched.setattr(invoice_list.invoice_counts, "CAP", -1)
            counts = invoice_list.count(viewer, filters(term=term))
            assert (counts.way, counts.total) == (Way.WALK, None)
            page = invoice_list.page(viewer, Query(filters(term=term)), counts)
            assert [each.id for each in page.rows] == wanted[:50], what


def _matches(each: Invoice, what: str, typed: str, row: Invoice) -> bool:
    if what in ("number", "beginning", "small letters"):
        return bool(each.number) and each.number.lower().startswith(typed.lower())
    if what.startswith("po"):
        return each.po_number.startswith(typed)
    if what == "amount":
        return each.gross == row.gross and each.currency in ("EUR", "USD")
    return each.buyer_name == row.buyer_name


def test_a_search_finds_what_an_order_or_an_asset_is_invoiced_on(world, app_context):
    asset = world.asset("synchronized", account=world.partner)
    invoice = world.invoice(assets=[asset])
    world.invoice()
    for typed in (asset.number, f"ORD-{asset.order_id}"):
        for viewer in (world.dana, world.paula):
            assert all_ids(viewer, filters(term=invoice_list.understand(viewer, typed))) == [invoice.id]
        assert all_ids(world.rita, filters(term=invoice_list.understand(world.rita, typed))) == []


def test_an_amount_is_one_of_the_currency(world, app_context):
    yen = world.invoice(currency="JPY", net=1000, vat=0, gross=1000)
    euros = world.invoice(net=100_000, vat=0, gross=100_000)
    dinars = world.invoice(currency="KWD", net=1_000_000, vat=0, gross=1_000_000)
    world.invoice(net=1000, vat=0, gross=1000)
    found = all_ids(world.dana, filters(term=invoice_list.understand(world.dana, "1,000")))
    assert found == [dinars.id, euros.id, yen.id]


def test_totals_never_add_currencies(invoices, world):
    today = TODAY
    totals = invoice_list.count(world.dana, filters(), with_totals=True).totals
    db.session.expire_all()
    rows = list(db.session.scalars(select(Invoice)))
    for total, keeps, amount in (
        (totals.drafts, KEEPS[Listed.DRAFT], lambda row: row.gross),
        (totals.open, KEEPS[Listed.OPEN], lambda row: row.gross - row.settled),
        (totals.overdue, KEEPS[Listed.OVERDUE], lambda row: row.gross - row.settled),
        (totals.issued, lambda row: row.issued_on and row.issued_on >= today.replace(day=1),
         lambda row: -row.gross if row.kind is InvoiceKind.CREDIT_NOTE else row.gross),
    ):  # fmt: skip
        kept = [row for row in rows if keeps(row)]
        money = {
            currency: sum(map(amount, of_one))
            for currency, of_one in itertools.groupby(
                sorted(kept, key=lambda row: row.currency), key=lambda row: row.currency
            )
        }
        assert (total.count, total.money) == (len(kept), money)
    coming = [row.due_on for row in rows if _is_open(row) and row.due_on >= today]
    assert totals.next_due_on == min(coming)


def test_counting_stops_at_the_cap(invoices, world, monkeypatch):
    monkeypatch.setattr(invoice_list.invoice_counts, "CAP", 5)
    assert list_counts.CAP > 5
    counts = invoice_list.count(world.dana, filters())
    assert max(counts.by_state.values()) == 6


def test_one_statement_counts_and_one_reads(invoices, world, sql):
    Viewer.of(world.dana)  # loads the account
    for given in ({}, {"state": Listed.OPEN}, {"term": invoice_list.understand(world.dana, "inv-2026")}):
        with sql() as statements:
            counts = invoice_list.count(world.dana, filters(**given), with_totals=True)
            invoice_list.page(world.dana, Query(filters(**given)), counts)
        assert len(statements) == 2, "\n\n".join(statements)


def test_what_is_issued_next_month_is_not_issued_this_month(world, app_context):
    first = filters().today.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    world.invoice(issued_on=last, documents=())
    world.invoice(issued_on=last + timedelta(days=1), documents=())
    assert invoice_list.count(world.dana, filters(), with_totals=True).totals.issued.count == 1
