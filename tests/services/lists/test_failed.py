"""“Failed” means the same everywhere: failed and not cancelled."""

from itertools import product

import pytest

from portal.extensions import db
from portal.models import Lifecycle, SyncStatus
from portal.services import lists
from portal.services.accounts import account_page
from portal.services.inbox import failure_groups
from portal.services.lists.list_filters import Filters
from portal.services.lists.search_terms import understand

FAILED = 3


@pytest.fixture
def every_state(world, app_context):
    """One asset of each status and lifecycle that a row can have, and two more that failed."""
    cancellable = (SyncStatus.SYNCHRONIZED, SyncStatus.FAILED)
    for status, lifecycle in product(SyncStatus, Lifecycle):
        if lifecycle is Lifecycle.ACTIVE or status in cancellable:
            world.asset(status.value, lifecycle=lifecycle, name="Counted")
    world.assets(FAILED - 1, "failed", name="Counted")
    return world


def counted(viewer, filters: Filters) -> set[int]:
    """The number on the chip, and the number of rows in the list that the chip opens."""
    chosen = Filters(**{**vars(filters), "statuses": (SyncStatus.FAILED,)})
    page = lists.page(viewer, lists.Query(chosen), lists.count(viewer, chosen))
    return {
        lists.count(viewer, filters).of(SyncStatus.FAILED, filters),
        lists.count(viewer, chosen).of(SyncStatus.FAILED, chosen),
        lists.count(viewer, chosen).total,
        len(page.rows),
    }


@pytest.mark.parametrize("nick", ["dana", "vera", "paula", "carl"])
def test_chips_lists_and_account_page_count_the_same_failed_assets(every_state, nick):
    viewer = getattr(every_state, nick)
    around = account_page.summary(viewer.account, viewer, with_people=False)
    assert around.overview[SyncStatus.FAILED] == FAILED
    for filters in (
        Filters(),
        Filters(term=understand(viewer, "Counted")),
        Filters(product_id=every_state.mailbox.id),
        Filters(lifecycle=Lifecycle.ACTIVE),
    ):
        assert counted(viewer, filters) == {FAILED}, filters


def test_the_work_queue_and_a_retry_of_all_count_the_same_failed_assets(every_state):
    viewer, filters = every_state.dana, Filters(statuses=(SyncStatus.FAILED,))
    assert failure_groups.groups(viewer).sum.count == FAILED
    assert len(db.session.scalars(lists.matching_ids(viewer, filters)).all()) == FAILED
    assert lists.count(viewer, Filters()).retryable == FAILED


def test_cancelled_failed_assets_are_listed_where_cancelled_ones_are_asked_for(every_state):
    assert counted(every_state.dana, Filters(lifecycle=Lifecycle.CANCELLED)) == {1}


def test_all_counts_cancelled_assets_too(every_state):
    counts = lists.count(every_state.dana, Filters())
    assert counts.total == sum(counts.by_status.values()) == FAILED + 6
