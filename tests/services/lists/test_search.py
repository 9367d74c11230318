"""What a term finds: names, accounts and codes, as they are now, for those who may see them."""

import random

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.transaction import lock, transaction
from portal.display.lists import list_page as web_lists
from portal.extensions import db
from portal.models import Account, Asset, Coupon, CouponStanding, Right
from portal.models.text_keys import collation_prefix, search_key
from portal.services import lists
from portal.services.lists import list_counts
from portal.services.lists.list_filters import Filters
from portal.services.lists.search_terms import understand

NAMES = [
    'say "hello"', "50% off", "under_score", "back\\slash", "R&D", "a-b-c", "NEAR(x, 5)", "name OR 1", "star*",
    "x' OR 1=1 --", "👩‍💻 Onboarding", "🙂🙂🙂", "港区サーバー移行", "نقل صناديق البريد", "תיבות דואר", "Straße",
    "STRASSE", "ﬁne", "Ａｂｃ", "İstanbul", "---", "000", "Mailboxes for all", "Mailboxes, spare",
]  # fmt: skip


@pytest.fixture
def found(app):
    """`found(user, "term")`: the ids that all pages of the list show."""

    def search(user, term, **args):
        page = web_lists.asset_list(user, MultiDict({"q": term, **args}), path="/list")
        ids = [asset.id for asset in page.rows]
        while page.next:
            after = page.page.after
            page = web_lists.asset_list(user, MultiDict({"q": term, **args, "after": after}), path="/list")
            ids += [asset.id for asset in page.rows]
        return ids

    with app.test_request_context("/list"):
        yield search


def record(world, asset, code, standing=CouponStanding.RECORDED):
    with world.transaction():
        kept = Coupon(asset_id=asset.id, code=code, standing=standing, recorded_at=asset.created_at)
        db.session.add(kept)
        db.session.flush()
        return kept


def test_a_renamed_asset_is_found_by_its_new_name_only(world, found):
    asset = world.asset(name="Old words")
    world.edit(asset, name="Fresh letters")
    assert found(world.dana, "fresh") == [asset.id]
    assert found(world.dana, "old wor") == []


def test_a_renamed_account_is_found_by_its_new_name_only(world, found):
    asset = world.asset()
    world.edit(world.customer, name="Quite Different")
    assert found(world.dana, "different") == [asset.id]
    assert found(world.dana, "brightwood") == []


def test_who_finds_it_follows_the_account(world, found):
    asset = world.asset("synchronized", name="Mailboxes", code="TEST-QQWW-7788")
    with world.transaction():
        account = lock(Account, world.customer.id)
        account.parent_id = account.branch_id = world.rival.id
    for term in ("mailboxes", "brightwood", "qww-77"):
        assert found(world.rita, term) == [asset.id], term
        assert found(world.paula, term) == [], term
        assert found(world.dana, term, account=str(world.rival.id)) == [asset.id], term
        assert found(world.dana, term, account=str(world.partner.id)) == [], term
        assert found(world.carl, term) == [asset.id], term


def test_a_code_is_found_once_it_is_recorded(world, found):
    asset = world.asset("review")
    kept = record(world, asset, "TEST-QQWW-7788", CouponStanding.REVIEW)
    assert found(world.dana, "qqww") == []
    world.edit(kept, standing=CouponStanding.RECORDED)
    assert found(world.dana, "qqww") == [asset.id]


def test_surplus_codes_are_nobodys(world, found):
    record(world, world.asset("synchronized", code="TEST-RECORDED-1"), "TEST-SURPLUS-2", CouponStanding.SURPLUS)
    assert found(world.dana, "surplus") == []
    assert len(found(world.dana, "RECORDED-1")) == 1


def test_what_was_rolled_back_is_not_found(world, found):
    asset = world.asset(name="As it was")
    with transaction():
        lock(Asset, asset.id).name = "Never so"
        db.session.flush()
        db.session.rollback()
    assert found(world.dana, "never so") == []
    assert found(world.dana, "as it was") == [asset.id]


def test_a_deleted_account_is_not_found(world, found):
    account = world.account(name="Short Lived")
    with world.transaction():
        db.session.delete(lock(Account, account.id))
    assert found(world.dana, "short lived") == []


def expected(user, seen: list[Asset], codes: dict[int, str], term: str) -> set[int]:
    """The same question, answered by reading everything that the person sees."""
    key = search_key(term)
    may_reveal = user.may(Right.REVEAL_CODES) and len(key) >= 3 and key.isascii()
    hits = set()
    for asset in seen:
        rows, begins = (asset, asset.account), collation_prefix(term)
        is_named = any(key in row.name_key if len(key) >= 3 else row.name_sort.startswith(begins) for row in rows)
        is_coded = may_reveal and key in codes.get(asset.id, "").lower()
        if is_named or is_coded or term.removeprefix("AS-") == str(asset.id):
            hits.add(asset.id)
    return hits


def fill_with_a_crowd(world):
    chance = random.Random(11)
    accounts = [world.customer, world.partner, world.rival_customer, world.direct_customer]
    letters = "ABC-12"
    for place in range(2 * len(NAMES)):
        code = "".join(chance.choices(letters, k=12)) + f"{place:03}"
        status = chance.choice(["synchronized", "synchronized", "failed"])
        values = {"code": code} if status == "synchronized" else {}
        world.asset(status, name=NAMES[place % len(NAMES)], account=chance.choice(accounts), **values)


@pytest.fixture
def fill(request):
    return fill_with_a_crowd if "crowd" in request.fixturenames else None


@pytest.fixture
def crowd(world):
    return world


@pytest.mark.parametrize("cap, known", [(10_000, 1000), (6, 2)])
def test_every_term_finds_exactly_what_holds_it(crowd, found, monkeypatch, cap, known):
    """Whether it is so few that they are known by number, few that are sorted, or many that are read on by number."""
    monkeypatch.setattr(list_counts, "KNOWN", known)
    for module in (list_counts, lists):
        monkeypatch.setattr(module, "CAP", cap)
    chance = random.Random(5)
    codes = dict(db.session.execute(select(Coupon.asset_id, Coupon.code).order_by(Coupon.id)).all())
    pieces = [*NAMES, "Brightwood Dental", "Northlight IT", "AS-7", *chance.sample(list(codes.values()), 6)]
    terms = {'"', "%", "_", "*", "OR", "---", "1-2", "A-1", "mail", "test", "zzz", "🙂", "&D", "\\s", "AS-7", "İST"}
    terms.add("r 1")
    for piece in pieces:
        start = chance.randrange(max(1, len(piece) - 2))
        terms.add(piece[start : start + chance.randint(2, 6)].strip() or "zzz")
    for nick in ("dana", "vera", "paula", "carl", "rita"):
        user = getattr(crowd, nick)
        seen = list(db.session.scalars(access.visible_assets(user)))
        for term in sorted(terms):
            ids = found(user, term)
            assert len(ids) == len(set(ids)), term
            assert set(ids) == expected(user, seen, codes, " ".join(term.split())), f"{nick}: {term!r}"
            assert cap > 6 or len(ids) <= 18 or ids == sorted(ids, reverse=True), term


@pytest.mark.parametrize("filters", [{"status": "failed"}, {"account": "customer"}, {"lifecycle": "active"}])
def test_filters_hold_for_few_hits_and_for_many(crowd, found, monkeypatch, filters):
    filters = {name: str(crowd.customer.id) if value == "customer" else value for name, value in filters.items()}
    few = set(found(crowd.dana, "mail", **filters))
    for module in (list_counts, lists):
        monkeypatch.setattr(module, "CAP", 2)
    assert set(found(crowd.dana, "mail", **filters)) == few


def test_many_hits_are_paged_by_number_both_ways(world, app, monkeypatch):
    for module in (list_counts, lists):
        monkeypatch.setattr(module, "CAP", 20)
    world.assets(120, name="Mailboxes")
    with app.test_request_context("/list"):
        pages, page = [], web_lists.asset_list(world.dana, MultiDict({"q": "mail"}), path="/list")
        assert (page.total, page.statuses[1].count) == ("20+", None)
        while True:
            pages.append([asset.id for asset in page.rows])
            if not page.next:
                break
            page = web_lists.asset_list(world.dana, MultiDict({"q": "mail", "after": page.page.after}), path="/list")
        last = web_lists.asset_list(world.dana, MultiDict({"q": "mail", "last": "1"}), path="/list")
        assert [asset.id for asset in last.rows] == sum(pages, [])[-50:]
        before = web_lists.asset_list(world.dana, MultiDict({"q": "mail", "before": last.page.before}), path="/list")
        assert [asset.id for asset in before.rows] == sum(pages, [])[-100:-50]
    assert sum(pages, []) == sorted(sum(pages, []), reverse=True)
    assert len(sum(pages, [])) == 120


@pytest.mark.parametrize("rows", [1, list_counts.CAP])
def test_an_imported_asset_is_found_by_how_its_old_number_begins(world, found, monkeypatch, rows):
    """However many there are: looked up, or compared with each asset."""
    monkeypatch.setattr(list_counts, "CAP", rows)
    first, second = world.asset(external_id="OLD-41"), world.asset(external_id="OLD-42")
    world.asset(external_id="NEW-41")
    assert found(world.dana, "old-4") == [second.id, first.id]
    assert found(world.dana, "OLD-42") == [second.id]
    assert found(world.dana, "LD-4") == []


def test_a_retry_takes_what_the_list_finds_however_it_was_found(world, app, monkeypatch):
    failed = [world.asset("failed", name=f"Sought {number}") for number in range(3)]
    world.asset("synchronized", name="Sought and there")
    for cap in (1, list_counts.CAP):
        monkeypatch.setattr(list_counts, "CAP", cap)
        with app.test_request_context("/list"):
            sought = Filters(term=understand(world.dana, "sought"))
            rows = lists.matching_ids(world.dana, sought).where(*lists.RETRYABLE)
            assert set(db.session.scalars(rows)) == {asset.id for asset in failed}
