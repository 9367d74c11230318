"""The floor does for each page what the portal does; nothing else is compared with anything."""

import pytest
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import capture, report
from bench.cases import Facts, cases
from bench.floor import Floor
from bench.measure import Timing
from bench.options import TARGETS
from bench.plan import Plan
from bench.report import Run
from portal import demo
from portal.extensions import db
from portal.models import Asset


@pytest.fixture
def plan(app, tmp_path) -> Plan:
    with app.app_context():
        demo.load(assets=130, seed=1)
    capture.write_plan(app, tmp_path / "plan")
    return Plan.read(tmp_path / "plan")


def test_the_floor_does_what_the_portal_does(plan, app, database_url):
    floor = Floor(plan, database_url)

    def ask(name: str) -> tuple[str, str]:
        body, status, _ = run_wsgi_app(floor, EnvironBuilder(f"/{name}").get_environ(), buffered=True)
        return status, b"".join(body).decode()

    def version() -> int:
        with app.app_context():
            return db.session.get(Asset, plan.facts.assets["floor"]).version

    before = version()
    pages = {name: ask(name) for name in plan.statements}
    ask("save")

    assert version() == before + 2, "each save has seen the version of the one before"
    for name, (status, body) in pages.items():
        assert any(it.is_work for it in plan.statements[name]), name
        assert status == ("303 See Other" if name == "save" else "200 OK"), name
        assert name == "save" or len(body) > 100, name
    with app.app_context():
        newest = db.session.scalars(select(Asset.id).order_by(Asset.purchased_on.desc(), Asset.id.desc()).limit(50))
        assert all(f"<tr><td>{id_}</td>" in pages["first"][1] for id_ in newest)
        assert pages["csv"][1].count("\n") == len(db.session.scalars(select(Asset.id)).all())
    floor.close()


@pytest.mark.sqlite  # no database decides it: once is enough
def test_figures_are_written_into_the_document(tmp_path, monkeypatch):
    own = dict(zip(TARGETS, range(1, 6), strict=True))
    facts = Facts(2, "2026-11-01,7", own, 2, "a@b.example", "XY", ("Z",), "c@d.example", "Forbidden", 7)
    run = Run("sqlite", 130, cases=cases(facts))
    run.statements = {case.name: 3 for case in run.cases}
    run.timings = {case.name: {"floor": Timing([0.001]), "portal": Timing([0.0015], [0.001])} for case in run.cases}
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", document)

    report.record(report.markdown([run], "A machine."))

    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| list, page 1 | 1.00 | 1.50 (1.50 ×) | 1.50 | 3 |" in text
    assert "| SQLite: list, page 1 | ≤ 2.0 × the floor | 1.50 × | met |" in text
