"""A list from BitTitan's own portal, compared with what is on record."""

import io
from datetime import date
from functools import partial

import pytest

from portal.core import errors, failpoints
from portal.extensions import db
from portal.models import (
    ConfirmedState,
    Coupon,
    CouponUpload,
    Finding,
    FindingAct,
    FindingKind,
    ReconciliationState,
    ShownCoupon,
    User,
)
from portal.services.imports import coupon_lists
from portal.services.imports.coupon_lists import uploads
from portal.services.imports.reading import NO_CHOICES, Choices
from portal.services.imports.reading.dates import DateOrder
from portal.services.reconciliation.matching.company_names import plain_name
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.steps import Place
from tests.services.imports.coupon_files import HEAD, MAILBOX, begin, line

pytestmark = pytest.mark.sqlite

Kind = FindingKind


def test_what_agrees_and_what_does_not(compare, reconciler, shop, world):
    world.assets(2, "synchronized")
    first, second = shop.all(Coupon)
    run = compare("\n".join([HEAD, line(first), line(second, quantity=99)]))
    assert (run.state, run.count("listed"), run.count("matched")) == (ReconciliationState.DONE, 2, 1)
    (finding,) = reconciler.findings(run)
    assert (finding.kind, finding.coupon_id, finding.fields) == (Kind.DIFFERS, second.id, {"quantity"})
    assert [row.read_at for row in shop.all(Coupon)] == [first.read_at, second.read_at]  # a file is no news of BitTitan


def test_a_file_that_may_be_a_part_calls_nothing_missing(compare, reconciler, shop, world):
    world.assets(2, "synchronized")
    first, second = shop.all(Coupon)
    text = "\n".join([HEAD, line(first)])
    assert reconciler.findings(compare(text)) == []
    (missing,) = reconciler.findings(compare(text, is_whole=True))
    assert (missing.kind, missing.coupon_id) == (Kind.NOT_LISTED, second.id)


def test_what_only_a_file_does_not_hold_is_confirmed_by_nobody(compare, reconciler, shop, world):
    """BitTitan was not asked."""
    world.asset("synchronized")
    (missing,) = reconciler.findings(compare(HEAD + "\n", is_whole=True))
    with pytest.raises(errors.Conflict, match="Ask BitTitan first"):
        reconciler.choose(missing, FindingAct.CONFIRM, confirmed_as=ConfirmedState.REDEEMED)


def test_a_refusal_holds_no_code(compare):
    """The columns are shifted."""
    run = compare(f"{HEAD}\nSBX-GOOD-0001;{MAILBOX};SBX-WRNG-7K2Q;;SBX-WRNG-9M4T;;Active")
    whys = " ".join(why for _line, _column, why in run.refused)
    assert ("no number of licences" in whys, "no date" in whys, "WRNG" in whys) == (True, True, False)


def test_a_file_that_is_deleted_while_it_is_read_is_not_whole(reconciler, shop, work, upload, monkeypatch):
    run_id, keep = upload(f"{HEAD}\nSBX-CUT-00001;{MAILBOX};5;;;;A"), coupon_lists._keep

    def keep_and_discard(*arguments) -> None:
        keep(*arguments)
        row = uploads.of_run(run_id)
        uploads.discard(row, version=row.version, by=db.session.get(User, shop.world.dana.id))

    monkeypatch.setattr(coupon_lists, "_keep", keep_and_discard)
    work.drain()
    assert reconciler.read(run_id).state is ReconciliationState.STOPPED


def test_an_asset_is_suggested_although_the_legal_form_is_written_otherwise(compare, reconciler, world):
    day = date(2026, 3, 2)
    asset = world.asset("failed", purchased_on=day, quantity=12)
    text = f"{HEAD}\nSBX-HAND-0001;{MAILBOX};12;NORTHLIGHT IT G.m.b.H.;03/03/2026;31/12/2026;Active"
    run = compare(text)
    (coupon,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    (own,) = reconciler.findings(run, Finding.kind == Kind.NO_CODE)
    assert (own.asset_id, own.counterpart_id, coupon.counterpart_id) == (asset.id, coupon.id, own.id)


def test_lines_that_cannot_be_read_are_refused_with_their_reason(compare, reconciler):
    rows = [
        f"SBX-GOOD-0001;{MAILBOX};5;;;;Active",
        f"SBX-GOOD-0002;{MAILBOX};many;;;;Active",
        f";{MAILBOX};5;;;;Active",
        f"SBX-GOOD-0003;{MAILBOX};5;;32/13/2026;;Active",
        "SBX-GOOD-0004",
    ]
    run = compare("\n".join([HEAD, *rows]))
    assert (run.count("listed"), run.count("refused")) == (1, 4)
    assert [(number, column) for number, column, _why in run.refused] == [
        (3, "Licences"), (4, "Coupon code"), (5, "Issued"), (6, "Product"),
    ]  # fmt: skip
    assert all(why for _line, _column, why in run.refused)


def test_encodings_and_a_mark_at_the_beginning(compare, shop):
    text = f"{HEAD}\nSBX-LETTERS-1;{MAILBOX};5;Σύννεφο ΑΕ;;;Active"
    for raw, choices in ((text.encode("utf-8-sig"), {}), (text.encode("cp1253"), {"letters": "cp1253"})):
        run = compare(raw, choices=Choices.of(choices))
        assert [row.code for row in shop.all(ShownCoupon, ShownCoupon.run_id == run.id)] == ["SBX-LETTERS-1"]


def test_a_formula_is_refused_and_an_apostrophe_before_one_taken_off(compare, shop):
    run = compare(f'{HEAD}\n"=HYPERLINK(""x"")";{MAILBOX};5;;;;A\nSBX-NOTE-0001;{MAILBOX};5;;;;\'=A1')
    assert [(number, column) for number, column, _why in run.refused] == [(2, "Coupon code")]
    assert [row.status for row in shop.all(ShownCoupon)] == ["=A1"]


def test_dates_with_the_month_first_are_asked_for(compare, shop):
    text = f"{HEAD}\nSBX-DATE-0001;{MAILBOX};5;;02/03/2026;;A\nSBX-DATE-0002;{MAILBOX};5;;03/25/2026 14:02;;A"
    run = compare(text)
    assert (run.count("listed"), run.count("refused")) == (0, 2)
    run = compare(text, choices=Choices(dates=DateOrder.MONTH))
    rows = shop.all(ShownCoupon, ShownCoupon.run_id == run.id)
    assert [row.fits_from for row in rows] == [date(2026, 2, 2), date(2026, 3, 24)]


def test_columns_may_be_chosen(compare, shop):
    text = "Voucher;How many\nSBX-OWN-0001;7"
    with pytest.raises(errors.Conflict, match="Coupon code"):
        compare(text)
    run = compare(text, mapping={"code": "Voucher", "quantity": "How many"})
    assert [(row.code, row.quantity) for row in shop.all(ShownCoupon, ShownCoupon.run_id == run.id)] == [
        ("SBX-OWN-0001", 7)
    ]


def test_a_column_may_be_left_out(compare, shop):
    text = f"{HEAD}\nSBX-LEFT-0001;{MAILBOX};many;;;;Active"
    run = compare(text, mapping={"quantity": ""})
    assert [row.quantity for row in shop.all(ShownCoupon, ShownCoupon.run_id == run.id)] == [None]


@pytest.fixture
def upload(shop):
    def act(content: str) -> int:
        """Returns the id of its run."""
        with shop.app.app_context():
            by = db.session.get(User, shop.world.dana.id)
            return begin(uploads.receive(file=io.BytesIO(content.encode()), name="coupons.csv", by=by), by)

    return act


def test_whoever_is_killed_while_reading_is_followed_by_one_that_goes_on_there(
    reconciler, shop, work, upload, monkeypatch
):
    """Before and after each commit of the reading. Two lines are kept at a time, and some are refused."""
    monkeypatch.setattr(coupon_lists, "AT_ONCE", 2)
    rows = [f"SBX-KILL-{number:04};{MAILBOX};{'many' if number % 3 == 0 else 5};;;;Active" for number in range(9)]
    run_id = upload("\n".join([HEAD, *rows]))
    for number in (1, 2, 3, 2, 1, 3):
        with shop.app.app_context(), failpoints.listen(partial(kill, number, [])), pytest.raises(Killed):
            coupon_lists.read(Place.of(reconciler.read(run_id)), lambda: True)
    reconciler.schedule(run_id)
    work.drain()
    run = reconciler.read(run_id)
    assert (run.state, run.counts["listed"], run.counts["refused"]) == (ReconciliationState.DONE, 6, 3)
    assert [line for line, _column, _why in run.refused] == [2, 5, 8]
    assert [each.code[-4:] for each in shop.all(ShownCoupon)] == ["0001", "0002", "0004", "0005", "0007", "0008"]


class Killed(BaseException):
    pass


def kill(number: int, hits: list, point: str) -> None:
    """At the point with this number: before or after a commit."""
    if point.startswith("reconcile: "):
        hits.append(point)
        if len(hits) == number:
            raise Killed()


def test_a_run_that_is_stopped_while_it_is_read_keeps_nothing(reconciler, shop, work, upload):
    run_id = upload(f"{HEAD}\nSBX-STOP-0001;{MAILBOX};5;;;;A")
    with shop.app.app_context():
        runs.stop(reconciler.read(run_id), by=db.session.get(User, shop.world.dana.id))
    work.drain()
    assert shop.all(ShownCoupon) == []


def test_a_file_is_not_read_otherwise_while_it_is_compared(shop, upload):
    run_id = upload(f"{HEAD}\nSBX-WAIT-0001;{MAILBOX};5;;;;A")
    with shop.app.app_context():
        by, row = db.session.get(User, shop.world.dana.id), uploads.of_run(run_id)
        with pytest.raises(errors.Conflict, match="is reading this file"):
            uploads.read_again(
                row, version=row.version, mapping={}, choices=NO_CHOICES, is_remembered=False, by=by
            )  # fmt: skip


def test_a_file_that_is_deleted_meanwhile_ends_its_run(reconciler, shop, work, upload):
    run_id = upload(f"{HEAD}\nSBX-GONE-0001;{MAILBOX};5;;;;A")
    with shop.app.app_context():
        by = db.session.get(User, shop.world.dana.id)
        row = uploads.of_run(run_id)
        uploads.discard(row, version=row.version, by=by)
    work.drain()
    assert (reconciler.read(run_id).state, shop.all(ShownCoupon)) == (ReconciliationState.STOPPED, [])


def test_partners_cannot_use_it(shop, world):
    content = f"{HEAD}\nSBX-SPY-0001;;;;;;".encode()
    with shop.app.app_context():
        paula = db.session.get(User, world.paula.id)
        with pytest.raises(errors.NotVisible):
            uploads.receive(file=io.BytesIO(content), name="x", by=paula)
    assert shop.all(CouponUpload) == []


@pytest.mark.parametrize(
    "one, other",
    [
        ("Bluewater, Inc.", "BLUEWATER INC"),
        ("Łódź Informatyka sp. z o.o.", "Łódź Informatyka"),
        ("Nuage Évident S.A.R.L.", "Nuage Évident SARL"),
        ("Σύννεφο Υπηρεσίες Α.Ε.", "Σύννεφο Υπηρεσίες ΑΕ"),
        ("Müller Systemhaus GmbH & Co. KG", "Müller Systemhaus"),
    ],
)
def test_words_for_the_legal_form_do_not_count(one, other):
    assert plain_name(one) == plain_name(other)


def test_names_that_differ_stay_different():
    assert plain_name("Bluewater Inc") != plain_name("Bluewater Hotels Inc")
    assert plain_name("SA Ltd") == "sa ltd"
