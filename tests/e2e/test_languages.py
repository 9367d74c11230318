"""Longer words and writing from right to left fit on a phone, in pseudo-locales."""

import pytest

from portal.extensions import db
from portal.models import User
from tests import pseudo
from tests.e2e.accessibility import paths, report, width, world_of
from tests.e2e.steps import arrive
from tests.web.rows import Rows

WIDE_CELLS = """[...document.querySelectorAll('main td[data-label]')]
    .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.dataset.label)"""
"""Their labels, on a phone, where each cell has one."""


@pytest.fixture(scope="module")
def server(portal, databases, tmp_path_factory):
    url = databases.create()
    with portal(url, tmp_path_factory.mktemp("portal"), has_worker=False, PSEUDO_LOCALES="1") as server:
        yield server
    databases.drop(url)


@pytest.fixture(scope="module")
def world(server):
    return world_of(server)


@pytest.mark.parametrize(("nick", "language"), [("paula", pseudo.LONGER), ("carl", pseudo.RIGHT_TO_LEFT)])
def test_every_page_fits_on_a_phone(server, page, world, nick, language):
    with world.transaction():
        db.session.get(User, getattr(world, nick).id).language = language.code
    tab, faults = arrive(page(server, width=360), server, getattr(world, nick)), []
    for path in paths(server.app, Rows(world), nick):
        tab.goto(path)
        assert tab.evaluate("document.dir") == language.direction, path
        if width(tab) > 360:
            faults.append(f"{path}: {width(tab)} px wide at 360")
        faults += [f"{path}: “{label}” reaches into the next cell" for label in tab.evaluate(WIDE_CELLS)]
    report(faults)
