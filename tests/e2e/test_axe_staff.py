"""Every page that the distributor's people see is accessible and fits."""

from tests.e2e.accessibility import check_all_pages, world_of


def test_every_page_is_accessible_and_fits(idle_server, page):
    check_all_pages(idle_server, page(idle_server), world_of(idle_server), "dora")
