"""flask reconcile, without a worker: it does the steps itself."""

import json
import time
from datetime import date
from types import SimpleNamespace

import pytest

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Coupon, CouponUpload, Finding, FindingState, ReconciliationRun, ShownCoupon, Worker
from portal.services.reconciliation.scanning import runs
from tests.services.conftest import shop  # noqa: F401
from tests.services.reconciliation.conftest import reconciler  # noqa: F401

pytestmark = pytest.mark.sqlite  # the services are tested on both


def facts(said) -> dict:
    return json.loads(said.stdout)


@pytest.fixture
def lost(world, reconciler):  # noqa: F811
    """An asset that failed, and its coupon at BitTitan."""
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    return asset


def test_nothing_differs(flask, shop, reconciler, world):  # noqa: F811
    reconciler.list_recorded(world.asset("synchronized").id)
    said = flask("reconcile")
    assert (said.exit_code, "Nothing differs." in said.stdout, "being listed" in said.stderr) == (0, True, True)
    told = facts(flask("reconcile", "--json"))
    assert (told["state"], told["by"], told["counts"]["matched"], told["findings"]) == ("done", "command line", 1, [])
    assert shop.all(ShownCoupon) == []  # what agreed is gone


def test_what_differs_is_counted_by_kind_and_named_without_a_code(flask, lost):
    said = flask("reconcile", "--json")
    assert said.exit_code == 6
    told = facts(said)
    assert told["differences"] == {"open": {"unrecorded": 1}}
    assert [(each["kind"], each["reference"], each["asset_id"]) for each in told["findings"]] == [
        ("unrecorded", lost.reference, lost.id)
    ]
    text = flask("reconcile")
    assert "Bought, not recorded (unrecorded): 1 open" in text.stdout
    assert "SBX-PLANT" not in said.output + text.output


def test_what_is_offered_is_applied_for_a_named_person(flask, shop, world, lost):  # noqa: F811
    said = flask("reconcile", "--apply", "unrecorded", "--as", "Dana@Distributor.example", "--json")
    told = facts(said)
    assert (said.exit_code, told["applied"]) == (
        0, {"kind": "unrecorded", "act": "record", "chosen": 1, "refused": 0},
    )  # fmt: skip
    assert shop.status(lost.id) == "synchronized"
    (finding,) = shop.all(Finding)
    assert (finding.state, finding.decided_by_id) == (FindingState.DONE, world.dana.id)
    assert flask("reconcile").exit_code == 0


def test_who_may_not_use_it_is_refused(flask, shop, lost):  # noqa: F811
    said = flask("reconcile", "--apply", "unrecorded", "--as", "vera@distributor.example")
    assert said.exit_code == 2
    assert shop.status(lost.id) == "failed"


@pytest.mark.parametrize(
    "given, code",
    [
        (["--apply", "unrecorded"], 2),
        (["--apply", "unrecorded", "--as", "nobody@nowhere.example"], 3),
        (["--apply", "unrecorded", "--as", "paula@partner.example"], 3),
        (["--complete"], 2),
        (["--scope", "tree"], 2),
        (["--scope", "everything", "--account", "NORTH"], 2),
        (["--from", "2026-03-01"], 2),
        (["--from", "2026-03-02", "--until", "2026-03-01"], 2),
        (["--account", "NOBODY"], 3),
        (["--asset", "AS-999999"], 3),
        (["--asset", "17; DROP"], 3),
        (["--file", "/nowhere/at/all.csv", "--as", "dana@distributor.example"], 3),
        (["--file", "/nowhere/at/all.csv"], 2),
        (["--scope", "elsewhere"], 2),
    ],
)
def test_what_cannot_be_done_says_so(flask, shop, given, code):  # noqa: F811
    said = flask("reconcile", *given)
    assert (said.exit_code, bool(said.stderr)) == (code, True)
    assert [run for run in shop.all(ReconciliationRun) if "apply" not in str(given)] == []


def test_a_scope_follows_from_what_is_given(flask, shop, world, lost):  # noqa: F811
    other = world.asset("failed", account=world.rival_customer)
    for given, found in (
        (["--asset", f"as-{lost.id}"], 1), (["--asset", str(other.id)], 1), (["--account", "NORTH"], 0),
        (["--scope", "tree", "--account", "NORTH"], 1), (["--account", "RIVERA"], 0),
        (["--from", "2020-01-01", "--until", f"{date.today()}"], 2), ([], 2),
    ):  # fmt: skip
        assert len(facts(flask("reconcile", "--json", *given))["findings"]) == found, given


def test_one_that_is_under_way_is_named(flask, shop, app, lost):  # noqa: F811
    with app.app_context():
        run = runs.begin(by=shop.dana)
        number = run.id
    said = flask("reconcile", "--json")
    assert (said.exit_code, facts(said)["under_way"]["run"]) == (4, number)
    assert "begun by Dana Markou" in flask("reconcile").stderr
    assert flask("money").exit_code == 4
    assert len(shop.all(ReconciliationRun)) == 1


def test_bittitan_that_does_not_answer_proves_nothing(flask, sandbox, lost):
    sandbox.control.fault("searchCoupons", "html", times=None)
    said = flask("reconcile", "--json")
    told = facts(said)
    assert (said.exit_code, told["state"], told["cause"], told["findings"]) == (5, "incomplete", "UnexpectedAnswer", [])
    assert "BitTitan did not answer; it is asked again." in said.stderr


def test_a_file_is_compared(flask, shop, world, tmp_path):  # noqa: F811
    world.assets(2, "synchronized")
    first, second = shop.all(Coupon)
    path = tmp_path / "coupons.csv"
    path.write_text(f"Coupon Code;Licenses\n{first.code};99\nSBX-BAD-0001;many\n")
    given = ["reconcile", "--file", str(path), "--as", "dana@distributor.example", "--json"]
    told = facts(flask(*given))
    assert [(each["kind"], each["asset_id"]) for each in told["findings"]] == [("differs", first.asset_id)]
    assert [line for line, _column, _why in told["refused_lines"]] == [3]
    path.write_text(f"Coupon Code;Licenses\n{first.code};99\n")  # without the line that may be the missing one
    told = facts(flask(*given, "--complete"))
    assert told["differences"] == {"open": {"differs": 1, "not-listed": 1}}
    assert second.id in [row.coupon_id for row in shop.all(Finding)]


@pytest.fixture
def odd(shop, world, tmp_path):  # noqa: F811
    """A file whose headings nobody knows."""
    world.assets(1, "synchronized")
    (coupon,) = shop.all(Coupon)
    path = tmp_path / "odd.csv"
    path.write_text(f"Voucher;Seats;Code\n{coupon.code};99;{coupon.code[:-1]}X\n")
    return ["reconcile", "--file", str(path), "--as", "dana@distributor.example", "--json"]


def test_the_columns_of_a_file_are_named(flask, shop, odd):  # noqa: F811
    told = facts(flask(*odd, "--column", "code=Voucher", "--column", "Quantity=seats"))
    assert [each["kind"] for each in told["findings"]] == ["differs"]
    assert not shop.all(CouponUpload)[0].is_remembered
    told = facts(flask(*odd, "--column", "code=Voucher", "--column", "quantity="))
    assert told["findings"] == []
    told = facts(flask(*odd))  # as the headings say
    assert [each["kind"] for each in told["findings"]] == ["foreign"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["code=Ticket"], "The file has no heading “Ticket”. It has: Voucher, Seats, Code."),
        (["voucher=Code"], "There is no column “voucher”. There are: code, id, reference"),
        (["code=Voucher", "id=Voucher"], "One column cannot hold two things."),
        (["code="], "Choose the column that holds the coupon codes."),
        (["Voucher"], "NAME=HEADING"),
        (["code=Voucher", "code=Code"], "each name may be given once"),
    ],
)
def test_columns_that_the_file_has_not_are_refused(flask, shop, odd, columns, words):  # noqa: F811
    said = flask(*odd, *(part for each in columns for part in ("--column", each)))
    assert words in said.stderr
    assert said.exit_code in (2, 4)
    assert shop.all(ReconciliationRun) == []


def test_columns_go_with_a_file(flask, shop):  # noqa: F811
    assert flask("reconcile", "--column", "code=Voucher").exit_code == 2
    assert shop.all(ReconciliationRun) == []


def test_a_worker_that_is_alive_does_it(flask, app, shop, lost, monkeypatch):  # noqa: F811
    from portal.commands import reconciling
    from portal.worker.loop import run_due

    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        run_due()

    with app.app_context(), transaction():
        db.session.add(Worker(id="one", started_at=clock.now(), seen_at=clock.now()))
    monkeypatch.setattr(reconciling, "time", SimpleNamespace(sleep=wait, monotonic=time.monotonic))
    assert flask("reconcile").exit_code == 6
    assert waited == [reconciling.LOOK_AGAIN]
