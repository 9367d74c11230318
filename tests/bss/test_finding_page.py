"""The page of one difference: both sides, what is offered, who decided what, and the next one."""

from urllib.parse import urlencode

import pytest

from portal.models import Finding, FindingKind, FindingState, ShownCoupon
from tests import reconciliations
from tests.bss.finding_pages import look, offered, table
from tests.services.shop import Shop

pytestmark = pytest.mark.sqlite

Kind, State = FindingKind, FindingState


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def run(world):
    return reconciliations.run(world)


def again(world, finding) -> Finding:
    return world.find(Finding, finding.id)


def test_both_sides_stand_side_by_side_and_no_code_is_shown(world, dana, run):
    asset = world.asset("failed")
    shown = {"reference": asset.reference, "quantity": asset.quantity, "code": "SBX-SECRET-ABCD"}
    page = look(dana, reconciliations.finding(world, run, Kind.UNRECORDED, asset, shown=shown))
    assert page.h1 == f"{asset.number}, {asset.name}"
    sides = table(page)
    assert sides["Code"] == ["–nothing", "•••• ABCD", "•••• ABCD"]
    assert sides["Status"] == ["Failed", "Active", "Synchronized"]
    assert sides["Reference"] == [asset.reference] * 3
    assert "SBX-SECRET" not in page.body
    assert [mark.get_text() for mark in page.soup.select(".diff")][0] == "•••• ABCD"
    assert "Yes: Under a reference of ours" in page.text
    assert "%" not in page.soup.select_one(".signs").get_text()


def test_what_is_not_as_ordered_goes_to_a_review(world, dana, run):
    asset = world.asset("failed")
    shown = {"reference": asset.reference, "quantity": asset.quantity + 1}
    page = look(dana, reconciliations.finding(world, run, Kind.UNRECORDED, asset, shown=shown))
    assert table(page)["Status"][2] == "Needs review"
    assert f"No: Licences differ: {asset.quantity} here, {asset.quantity + 1} at BitTitan" in page.text


def test_what_bittitan_does_not_say_counts_neither_for_an_asset_nor_against_it(world, dana, run):
    """In the list and on the page of the difference."""
    asset = reconciliations.finding(world, run, Kind.NO_CODE, world.asset("failed"), shown=None)
    shown = {"sku_id": None, "quantity": None, "organization_id": None, "issued_at": None}
    coupon = reconciliations.finding(world, run, Kind.FOREIGN, shown=shown, counterpart_id=asset.id, candidates=1)
    for page in (dana.open("bss.reconciliation.show", run_id=run.id), look(dana, coupon)):
        signs = [sign.get_text() for sign in page.soup.select(".signs li")]
        assert signs == [
            "Not known: The product is not known",
            "Not known: The number of licences is not known",
            "Not known: The billed account is not known",
            "Not known: The day of issue is not known",
            f"No: Not our reference: {world.find(ShownCoupon, coupon.shown_id).reference}",
            *(["Yes: Not recorded anywhere else"] if page.h1.startswith("A coupon") else []),
        ]


def test_each_kind_offers_its_own(world, dana, run):
    failed, synchronized = world.asset("failed"), world.asset("synchronized")
    coupon = synchronized.coupon if "coupon" in synchronized.__dict__ else None
    found = {
        kind: offered(look(dana, reconciliations.finding(world, run, kind, asset, coupon_id=None, **more)))
        for kind, asset, more in (
            (Kind.UNRECORDED, failed, {}),
            (Kind.DUPLICATE, synchronized, {}),
            (Kind.FOREIGN, None, {}),
            (Kind.NO_CODE, failed, {"shown": None}),
            (Kind.NOT_LISTED, synchronized, {"shown": None}),
            (Kind.DIFFERS, synchronized, {"differences": [["quantity", "25", "30"]]}),
            (Kind.UNVERIFIED, synchronized, {"shown": None}),
        )
    }
    assert coupon is None
    assert found == {
        Kind.UNRECORDED: ["record", "set-aside", "case"],
        Kind.DUPLICATE: ["record", "set-aside", "case"],
        Kind.FOREIGN: ["set-aside", "case"],
        Kind.NO_CODE: ["retry", "set-aside", "case"],
        Kind.NOT_LISTED: ["confirm", "set-aside", "case"],
        Kind.DIFFERS: ["correct", "set-aside", "case"],
        Kind.UNVERIFIED: ["withdraw", "set-aside", "case"],
    }


def test_another_code_can_only_be_set_aside_or_become_a_case(world, dana, run):
    asset = world.asset("synchronized")
    page = look(dana, reconciliations.finding(world, run, Kind.DIFFERS, asset, differences=[["code", "a", "b"]]))
    assert offered(page) == ["set-aside", "case"]
    assert "No: Another code" in page.text


def test_whoever_may_only_look_is_offered_nothing(world, browse, run):
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    page = look(browse("vera"), finding)
    assert (page.status, offered(page), page.soup.select("main form")) == (200, [], [])


def test_nothing_is_decided_without_the_pressed_button(world, dana, run):
    """As Return in a field does it: the first button of the form only checks."""
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    page = look(dana, finding)
    (form,) = (form for form in page.forms if form.select("[value=set-aside]"))
    assert form.find("button")["value"] == "check"
    typed = dana.submit(page, form=form, why="Our training account")
    assert "Nothing is changed yet" in typed.flash
    assert "Our training account" in typed.body
    assert again(world, finding).state is State.OPEN


def test_set_aside_needs_a_reason_and_keeps_who_and_why(world, dana, run):
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    refused = dana.submit(look(dana, finding), "Set it aside")
    assert (refused.status, refused.errors) == (422, ["Enter a reason."])
    done = dana.submit(refused, "Set it aside", why="Our training account")
    assert (done.trail, again(world, finding).state) == ((303,), State.SET_ASIDE)
    assert done.facts["Reason"] == "Our training account"
    assert done.facts["Who"] == world.dana.name


def test_a_case_has_a_number_and_a_text_without_any_code(world, dana, run):
    asset = world.asset("synchronized")
    finding = reconciliations.finding(world, run, Kind.DIFFERS, asset, differences=[["quantity", "25", "30"]],
                                      shown={"quantity": 30, "code": "SBX-SECRET-ABCD"})  # fmt: skip
    page = look(dana, finding)
    text = page.one("#case-text").get_text()
    assert asset.reference in text
    assert "Licences: ours 25, yours 30" in text
    assert "••••" not in text
    assert "ABCD" not in text
    refused = dana.submit(page, "Set aside with the case")
    assert refused.errors == ["Enter the number that BitTitan gave the case."]
    done = dana.submit(refused, "Set aside with the case", case_number="BT-4711")
    assert done.facts["Case at BitTitan"] == "BT-4711"
    assert again(world, finding).state is State.SET_ASIDE


def test_what_became_of_a_coupon_is_chosen(world, dana, run):
    finding = reconciliations.finding(world, run, Kind.NOT_LISTED, world.asset("synchronized"), shown=None)
    refused = dana.submit(look(dana, finding), "Confirm it", why="They say so")
    assert refused.errors == ["Choose what became of it."]
    done = dana.submit(refused, "Confirm it", confirmed_as="redeemed", why="They say so")
    assert done.facts["Confirmed"] == "Redeemed"
    assert "Not known to BitTitan → Redeemed" in done.facts["From → to"]


def test_the_second_person_is_told(world, dana, browse, run):
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    hers, other = look(dana, finding), browse("dora")
    others = look(other, finding)
    dana.submit(hers, "Set it aside", why="Training")
    told = other.submit(others, "Set it aside", why="Ours")
    assert told.status == 409
    assert f"{world.dana.name} has set this difference aside" in told.text
    assert again(world, finding).why == "Training"


def test_pressed_twice_it_is_decided_once(app, world, dana, run):
    finding = reconciliations.finding(world, run, Kind.NOT_LISTED, world.asset("synchronized"), shown=None)
    page, typed = look(dana, finding), {"confirmed_as": "gone", "why": "Nobody knows"}
    assert dana.submit(page, "Confirm it", **typed).status == 200
    assert dana.submit(page, "Confirm it", **typed).status == 409
    shop = Shop(app, world)
    assert len([each for each in shop.audit(finding.asset_id) if each.act in ("reconcile", "state")]) == 1


def test_the_previous_and_the_next_difference_have_keys(world, dana, run):
    first, second, third = (reconciliations.finding(world, run, Kind.FOREIGN) for _ in range(3))
    page = look(dana, second, kind="foreign")
    keys = {link["data-key"]: link["href"] for link in page.soup.select("a[data-key]")}
    path = "/bss/tools/reconciliation/findings"
    assert keys == {"k": f"{path}/{first.id}?kind=foreign", "j": f"{path}/{third.id}?kind=foreign"}
    assert page.soup.select("script[src*='js/steps']")
    last = look(dana, third)
    assert last.soup.select_one("a[data-key=j]").get("href") is None


def test_the_list_that_a_person_came_from_is_walked_to_its_end(world, dana, run):
    """By kind as in the list, and limited as there, also after a decision."""
    asset = world.asset("failed", name="Mailboxes for Athens")
    foreign, case, no_code, other_case = (
        reconciliations.finding(world, run, kind, asset if kind is Kind.NO_CODE else None, **more)
        for kind, more in (
            (Kind.FOREIGN, {}), (Kind.DIFFERS, {"case_number": "BT-1"}), (Kind.NO_CODE, {}),
            (Kind.FOREIGN, {"case_number": "BT-2"}),
        )
    )  # fmt: skip
    aside = reconciliations.finding(world, run, Kind.DIFFERS)
    for row in (case, other_case, aside):
        world.edit(row, state="set-aside", act="set-aside")

    def walk(*keys, **query) -> list[str]:
        page = dana.open("bss.reconciliation.show", run_id=run.id, **query)
        page, seen = dana.visit(page.soup.select_one("th.table__main a, .finding h3 a")["href"]), []
        for key in keys:
            seen.append(page.url.partition("/findings/")[2])
            link = page.soup.select_one(f"a[data-key={key}]").get("href")
            page = dana.visit(link) if link else page
        assert page.links[f"Comparison {run.id}"].partition("?")[2] == urlencode(query)
        return seen

    assert walk("j", "j") == [str(foreign.id), str(no_code.id)]
    ask = "?part=set-aside&case=1"
    assert walk("j", "j", "k", part="set-aside", case="1") == [
        f"{other_case.id}{ask}", f"{case.id}{ask}", f"{case.id}{ask}"
    ]  # fmt: skip
    assert walk("j", "j", q="athens") == [f"{no_code.id}?q=athens"] * 2


def test_a_difference_of_a_run_that_has_not_ended_does_not_exist(world, dana):
    finding = reconciliations.finding(
        world, reconciliations.run(world, reconciliations.ReconciliationState.MATCHING), Kind.FOREIGN
    )
    assert look(dana, finding).status == 404


def test_an_asset_that_was_changed_since_is_shown_as_it_is(world, dana, run):
    asset = world.asset("failed")
    finding = reconciliations.finding(world, run, Kind.NO_CODE, asset, shown=None)
    world.edit(asset, version=asset.version + 1)
    page = look(dana, finding)
    assert "Changed since the comparison" in page.text
    assert page.value("seen") == str(asset.version + 1)


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_nobody_else_knows_of_it(world, browse, run, nick):
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    browser = browse(nick)
    there, nowhere = (look(browser, each) for each in (finding, type("None", (), {"id": finding.id + 1})))
    assert (there.status, nowhere.status) == (404, 404)
    answer = browser.post("bss.reconciliation.decide", {"act": "set-aside", "asks": "set-aside", "why": "x",
                                                        "version": "1"}, finding_id=finding.id)  # fmt: skip
    assert answer.status == 404
    assert again(world, finding).state is State.OPEN
