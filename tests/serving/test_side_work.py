"""Who issues an invoice or looks at a draft leaves the web processes as small as they were."""

from pathlib import Path

import pytest
import requests

from portal.extensions import db
from portal.models import Invoice
from tests.people import PASSWORD
from tests.services.invoicing.conftest import Billing
from tests.serving.test_downloads import form_of
from tests.serving.web import WebProcess

pytestmark = pytest.mark.sqlite  # the server alone decides: once is enough
HEAVY = ("lxml", "typst")


def test_no_web_process_loads_what_makes_documents(databases, tmp_path):
    url = databases.create(with_world=True)
    with WebProcess(url, tmp_path) as server, requests.Session() as dana:
        billing = Billing(server.app, databases.world(server.app))
        billing.prepare()
        drafts = [billing.draft()[0].id for _ in range(2)]
        page = f"{server.url}/sign-in"
        person = {"email": billing.world.dana.email, "password": PASSWORD}
        dana.post(page, data=form_of(dana, page) | person, timeout=30)
        for draft in drafts:
            page = f"{server.url}/bss/billing/invoices/{draft}"
            assert dana.get(f"{page}/preview.pdf", timeout=30).content[:5] == b"%PDF-"
            form = form_of(dana, page) | {"act": "issue", "version": "1"}
            dana.post(f"{page}/issues", data=form, timeout=30)
        webs = children(server._processes["web"].pid)
        sides = [side for web in webs for side in children(web)]
        assert [loaded(web) for web in webs] == [set()] * len(webs)
        assert set(HEAVY) in [loaded(each) for side in sides for each in children(side)]
    with server.app.app_context():
        assert all(db.session.get(Invoice, draft).number for draft in drafts)
    assert not any(Path(f"/proc/{side}/maps").exists() and loaded(side) for side in sides)
    databases.drop(url)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def loaded(pid: int) -> set[str]:
    maps = Path(f"/proc/{pid}/maps").read_text()
    return {name for name in HEAVY if f"/{name}/" in maps}
