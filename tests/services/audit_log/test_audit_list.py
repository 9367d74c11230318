"""The list of entries: each filter finds what it says, each once, newest first, on every page and in the file."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import access, audit
from portal.core.paging import PAGE, Place
from portal.extensions import db
from portal.models import Account, Asset, AuditEntry, InvoiceLine, Order, User
from portal.models.audit import CODE_ACTS
from portal.services import audit_log
from portal.services.audit_log import Filters, Group, audit_people, audit_subjects
from portal.services.audit_log.audit_filters import SUBJECTS
from portal.services.lists import exports

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
HOURS = 240
ORDER = 1
"""In which the asset was ordered."""
SUBJECTS_MADE = ("asset", "order", "invoice", "account", "user", "coupon", "company")
ACTS = ("reveal", "sync", "attach", "edit")


@pytest.fixture
def listed(world, app):
    """Five actors, the worker for a person included; seven kinds of subjects, four acts; many entries of one instant,
    not in the order of their ids."""
    asset = world.asset(account=world.partner)
    assert (asset.id, asset.order_id) == (1, ORDER)
    actors = (world.dana, world.paula, audit.WORKER, audit.COMMAND_LINE, audit.ForPerson(world.dana))
    with app.app_context():
        with world.transaction():
            rows = zip(range(HOURS), itertools.cycle(SUBJECTS_MADE), itertools.cycle(actors), strict=False)
            for number, subject, actor in rows:
                act, hours = ACTS[number % 4 if number % 3 else 0], number * 7 % 100
                detail = {"field": "code"} if number % 11 == 0 else {}
                audit.record(subject, number % 5 + 1, act, by=actor, at=NOON - timedelta(hours=hours), **detail)
        yield world


def entries() -> list[AuditEntry]:
    rows = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    return list(db.session.scalars(rows))


def in_group(entry: AuditEntry, group: Group) -> bool:
    if group is Group.REVEALS:
        return entry.act == "reveal"
    if group is Group.CODES:
        is_act = entry.act in CODE_ACTS or entry.field == "code"
        return entry.subject in ("asset", "coupon") and is_act
    return entry.subject in SUBJECTS[group]


def matches(entry: AuditEntry, filters: Filters, of_account: set[tuple[str, int]]) -> bool:
    return all((
        filters.person_id in (None, entry.actor_id),
        filters.process is None or (entry.actor_id is None and entry.actor == filters.process),
        filters.group is None or in_group(entry, filters.group),
        not filters.account_ids or (entry.subject, entry.subject_id) in of_account,
        filters.about is None or (entry.subject, entry.subject_id) in {filters.about, ("order", ORDER)},
        filters.first is None or entry.at >= filters.first,
        filters.end is None or entry.at < filters.end,
    ))  # fmt: skip


def pages(filters: Filters, *, backwards: bool = False) -> list[int]:
    found, place = [], Place(is_last=backwards)
    while True:
        shown = audit_log.page(filters, place)
        ids = [entry.id for (entry,) in shown.rows]
        assert len(ids) <= PAGE
        found = [*ids, *found] if backwards else [*found, *ids]
        cursor = shown.before if backwards else shown.after
        if cursor is None:
            return found
        place = Place(before=cursor) if backwards else Place(after=cursor)


def every_filter(world) -> list[Filters]:
    """Every two of the four kinds together, and some of all."""
    who = ({}, {"person_id": world.dana.id}, {"process": audit.WORKER})
    what = ({}, *({"group": group} for group in (Group.REVEALS, Group.CODES, Group.INVOICES, Group.TOOLS)))
    where = ({}, {"account_ids": (world.partner.id, world.customer.id)}, {"about": ("asset", 1)})
    when = ({}, {"first": NOON - timedelta(hours=60), "end": NOON - timedelta(hours=20)})
    every = list(itertools.product(who, what, where, when))
    chosen = [each for number, each in enumerate(every) if sum(map(bool, each)) < 3 or number % 5 == 0]
    return [Filters(**a | b | c | d) for a, b, c, d in chosen]


def owned(world, account_ids: tuple[int, ...]) -> set[tuple[str, int]]:
    assets = access.visible_assets(world.dana)
    found = {("account", each) for each in account_ids}
    found |= {("asset", row.id) for row in db.session.scalars(assets) if row.account_id in account_ids}
    orders = select(Order.id).where(Order.account_id.in_(account_ids))
    found |= {("order", each) for each in db.session.scalars(orders)}
    people = select(User.id).join(Account, Account.id == User.account_id).where(Account.id.in_(account_ids))
    return found | {("user", each) for each in db.session.scalars(people)}


def test_each_filter_finds_its_entries_on_every_page(listed):
    everything, is_own = entries(), owned(listed, (listed.partner.id, listed.customer.id))
    found_something = 0
    for filters in every_filter(listed):
        expected = [entry.id for entry in everything if matches(entry, filters, is_own)]
        found_something += bool(expected)
        assert pages(filters) == expected, filters
        assert pages(filters, backwards=True) == expected, filters
        assert audit_log.count(filters) == len(expected), filters
        in_file = [row.id for part in exports.stream(audit_log.every(filters)) for row in part]
        assert in_file == expected, filters
    assert found_something > 20


def test_the_story_of_an_asset_has_its_order_its_invoices_and_its_coupons(world, app):
    invoice = world.invoice()
    with app.app_context():
        asset = db.session.scalar(select(InvoiceLine.asset_id).where(InvoiceLine.invoice_id == invoice.id).limit(1))
        order = db.session.get(Asset, asset).order_id
        surplus = world.surplus(db.session.get(Asset, asset))
        with world.transaction():
            for subject, row in (("asset", asset), ("order", order), ("invoice", invoice.id), ("coupon", surplus.id)):
                audit.record(subject, row, "own", by=world.dana)
                audit.record(subject, row + 1000, "other", by=world.dana)
        found = [entry for (entry,) in audit_log.page(Filters(about=("asset", asset)), Place()).rows]
    assert [entry.subject for entry in found if entry.act == "own"] == ["coupon", "invoice", "order", "asset"]
    assert not [entry for entry in found if entry.act == "other"]


def test_an_impossible_filter_finds_nothing(listed):
    filters = Filters(is_impossible=True)
    assert (pages(filters), audit_log.count(filters)) == ([], 0)


def test_subjects_are_found_by_what_people_call_them(listed):
    with listed.transaction():
        listed.paula.email = "Paula@Northlight.example"
    names = {
        "AS-17": ("asset", 17),
        " ord-3 ": ("order", 3),
        "run-2": ("invoice run", 2),
        listed.partner.code: ("account", listed.partner.id),
        listed.dana.email: ("user", listed.dana.id),
        listed.mailbox.code: ("product", listed.mailbox.id),
    }
    assert {typed: audit_subjects.found_by(listed.dana, typed) for typed in names} == names
    for typed in ("", "   ", "nothing", "AS-0", "AS-99999999999", "x@y.example", "%"):
        assert audit_subjects.found_by(listed.dana, typed) is None, typed


def test_only_people_who_acted_are_offered(listed):
    assert audit_people.colleagues(listed.dana) == [(listed.dana.id, listed.dana.name)]
