"""What the pages of reconciliation say while BitTitan does not answer: what went wrong, and what to do."""

from datetime import timedelta

import pytest

from portal.models import Finding, ReconciliationState
from portal.services.reconciliation.applying import carrying_out
from tests.bss.finding_pages import look, offered
from tests.services.conftest import server, settings, shop  # noqa: F401
from tests.services.reconciliation.conftest import reconciler  # noqa: F401

pytestmark = pytest.mark.sqlite  # pages only
LATER = carrying_out.PATIENCE + timedelta(seconds=1)
NEVER = ("Failed", "missing", "Not listed")


@pytest.fixture
def dana(browse):
    return browse("dana")


def test_a_decision_waits_and_is_given_back(dana, world, reconciler, shop, work, sandbox):  # noqa: F811
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    run = reconciler.run()
    (finding,) = shop.all(Finding)
    sandbox.control.fault("getCoupon", "html", times=None)
    page = dana.submit(look(dana, finding), "Correct it", why="They bought more")
    work.drain()
    waiting = dana.poll(page)
    assert "If BitTitan has to be asked and does not answer, it is asked again until" in waiting.text
    (row,) = shop.all(Finding)
    world.edit(row, decided_at=row.decided_at - LATER)
    reconciler.schedule(run.id)
    work.drain()
    given_back = look(dana, finding)
    assert "BitTitan did not answer, so nothing was changed. Decide again once it answers." in given_back.text
    assert "correct" in offered(given_back)
    assert shop.asset(asset.id).quantity == 25


@pytest.mark.parametrize(
    ("nick", "words"),
    [
        ("dana", "Go on once BitTitan answers again: only what is missing is asked for."),
        ("vera", "Compare again once BitTitan answers."),
    ],
)
def test_a_comparison_without_an_answer_says_what_to_do(browse, world, reconciler, sandbox, nick, words):  # noqa: F811
    world.asset("synchronized")
    sandbox.control.fault("searchCoupons", "html", times=None)
    run = reconciler.run()
    page = browse(nick).open("bss.reconciliation.show", run_id=run.id)
    assert "BitTitan did not answer. It is asked again in some minutes." in page.text
    world.edit(run, state=ReconciliationState.INCOMPLETE, open_mark=None, cause="TimedOut", ended_at=run.made_at)
    page = browse(nick).open("bss.reconciliation.show", run_id=run.id)
    assert words in page.text
    assert not [each for each in NEVER if each in page.text.replace("nothing is called missing", "").replace(words, "")]
