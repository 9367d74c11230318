"""Differences come first; what was set aside and what was dealt with is kept apart, with who decided."""

from collections import Counter

import pytest

from portal.core import errors
from portal.core.paging import Place
from portal.extensions import db
from portal.models import FindingAct, FindingKind, ReconciliationRun, User
from portal.services.reconciliation.viewing import finding_list
from portal.services.reconciliation.viewing.finding_list import Filters, StatusGroup

Kind, Act = FindingKind, FindingAct
ALL = Filters()


@pytest.fixture
def run(reconciler, world) -> ReconciliationRun:
    world.assets(2, "failed", name="Mailboxes for Athens")
    world.asset("failed", account=world.rival_customer)
    reconciler.put(52)
    return reconciler.run()


@pytest.fixture
def look(shop, run):
    """`look(act)` in a context, as a person."""

    def act(do, person=None):
        with shop.app.app_context():
            by = db.session.get(User, (person or shop.world.dana).id)
            return do(by, db.session.get(ReconciliationRun, run.id))

    return act


def ids(look, filters: Filters, place: Place | None = None) -> list[int]:
    return look(lambda by, run: [row[0].id for row in finding_list.page(by, run, filters, place or Place()).rows])


def test_pages_and_counts(look):
    first = look(lambda by, run: finding_list.page(by, run, ALL, Place()))
    assert (len(first.rows), first.before) == (50, None)
    rest = ids(look, ALL, Place(after=first.after))
    assert len(rest) == 5
    assert min(rest) > max(row[0].id for row in first.rows)
    numbers, cases = look(finding_list.counts)
    assert sum(cases.values(), Counter()).total() == 0
    assert (dict(numbers[StatusGroup.OPEN]), numbers[StatusGroup.DONE]) == ({Kind.FOREIGN: 52, Kind.NO_CODE: 3}, {})


def test_filters_and_search(look, world):
    assert len(ids(look, Filters(kind=Kind.NO_CODE))) == 3
    assert len(ids(look, Filters(text="for athens"))) == 2
    assert len(ids(look, Filters(text=world.rival.name))) == 1
    assert len(ids(look, Filters(text="100%"))) == 0
    assert len(ids(look, Filters(kind=Kind.NO_CODE, text="at"))) == 3  # too short to be looked for


def test_the_differences_one_after_the_other(look, reconciler, run):
    rows = reconciler.findings(run)
    reconciler.choose(rows[1], Act.SET_ASIDE)
    between = look(lambda by, run: finding_list.neighbours(by, rows[0], run, ALL))
    assert between == (None, rows[2].id)  # what was dealt with is stepped over
    assert look(lambda by, run: finding_list.neighbours(by, rows[-1], run, ALL)) == (rows[-2].id, None)
    assert ids(look, Filters(part=StatusGroup.SET_ASIDE)) == [rows[1].id]


def test_a_difference_with_a_case_is_found_by_its_number(look, reconciler, run):
    rows = reconciler.findings(run)
    reconciler.choose(rows[1], Act.SET_ASIDE, why="", case_number=" BT-4711 ")
    reconciler.choose(rows[2], Act.SET_ASIDE)
    assert ids(look, Filters(part=StatusGroup.SET_ASIDE)) == [rows[1].id, rows[2].id]
    assert ids(look, Filters(part=StatusGroup.SET_ASIDE, has_case=True)) == [rows[1].id]
    assert ids(look, Filters(part=StatusGroup.SET_ASIDE, text="bt-47")) == [rows[1].id]
    _numbers, cases = look(finding_list.counts)
    assert {part: +number for part, number in cases.items() if +number} == {StatusGroup.SET_ASIDE: {rows[1].kind: 1}}
    second = reconciler.run()
    kept = {each.subject_key: each.case_number for each in reconciler.findings(second)}
    assert kept[rows[1].subject_key] == "BT-4711"


def test_an_export_has_each_of_them_once(look, reconciler, run, monkeypatch):
    monkeypatch.setattr(finding_list, "AT_ONCE", 7)
    found = look(lambda by, run: [finding.id for finding in finding_list.each(by, run, ALL)])
    assert found == [finding.id for finding in reconciler.findings(run)]


def test_it_takes_few_statements(look, sql):
    with sql() as statements:
        look(lambda by, run: [row[0].shown for row in finding_list.page(by, run, ALL, Place()).rows])
    assert len(statements) <= 5


def test_nobody_else_sees_any(look, world):
    for person in (world.paula, world.carl):
        for forbidden in (
            lambda by, run: finding_list.page(by, run, ALL, Place()),
            finding_list.counts,
            lambda by, run: list(finding_list.each(by, run, ALL)),
        ):
            with pytest.raises(errors.NotVisible):
                look(forbidden, person)


def test_a_run_that_concludes_nothing_shows_nothing(reconciler, shop, world, work, sandbox):
    world.asset("synchronized")
    sandbox.control.fault("searchCoupons", "html", times=None)
    run_id = reconciler.begin()
    for seconds in (0, 16, 61, 301):
        work.later(seconds)
    with shop.app.app_context():
        by, run = db.session.get(User, world.dana.id), db.session.get(ReconciliationRun, run_id)
        assert run.state.value == "incomplete"
        assert list(finding_list.each(by, run, ALL)) == []
