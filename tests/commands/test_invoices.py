"""flask invoices: run, show and check, with their exit codes."""

import json

import pytest

from portal.core import clock
from portal.providers.einvoice import schematron
from portal.providers.einvoice.schematron import RulesMissing
from tests.services.invoicing.conftest import Billing, billing  # noqa: F401

pytestmark = pytest.mark.sqlite


@pytest.fixture
def this_month(billing: Billing) -> str:  # noqa: F811
    return billing.do(clock.today).strftime("%Y-%m")


def test_a_dry_run_writes_nothing_and_a_run_issues(flask, billing, this_month):  # noqa: F811
    billing.delivered()
    dry = flask("invoices", "run", "--period", this_month, "--dry-run")
    assert (dry.exit_code, dry.stdout.count("waiting")) == (0, 1)
    ran = flask("invoices", "run", "--period", this_month)
    assert (ran.exit_code, "INV-" in ran.stdout) == (0, True), ran.output
    assert "INV-" not in flask("invoices", "run", "--period", this_month).stdout


def test_what_is_left_out_is_named(flask, billing, this_month):  # noqa: F811
    with billing.app.app_context(), billing.world.transaction():
        from portal.extensions import db
        from portal.models import Account

        db.session.get(Account, billing.world.partner.id).tax_code_id = None
    billing.delivered()
    for more in (["--dry-run"], []):
        said = flask("invoices", "run", "--period", this_month, *more)
        assert said.exit_code == 2
        assert "Nobody has decided the tax code" in said.stdout


@pytest.mark.parametrize("period", ["2026-13", "November", "2026-1", ""])
def test_a_period_is_a_month(flask, period):
    assert flask("invoices", "run", "--period", period).exit_code == 2


def test_an_invoice_is_shown(flask, billing):  # noqa: F811
    invoice = billing.issued()
    facts = json.loads(flask("invoices", "show", invoice.number.lower(), "--json").stdout)
    assert (facts["number"], facts["state"]) == (invoice.number, "issued")
    assert len(facts["documents"][0]["sha256"]) == 64
    assert invoice.number in flask("invoices", "show", invoice.number).stdout


def test_the_rules_find_nothing_in_what_was_issued(flask, billing):  # noqa: F811
    said = flask("invoices", "check", billing.issued().number)
    assert said.exit_code == 0, said.output
    assert "factur-x: 0 findings" in said.stdout


def test_findings_are_printed(flask, billing, monkeypatch):  # noqa: F811
    monkeypatch.setattr(schematron, "findings", lambda documents: [["fatal BR-1: no"] for _each in documents])
    said = flask("invoices", "check", billing.issued().number)
    assert (said.exit_code, "fatal BR-1: no" in said.stdout) == (2, True)


def test_without_the_rules_it_says_what_to_install(flask, billing, monkeypatch):  # noqa: F811
    def missing(_documents):
        raise RulesMissing("x")

    monkeypatch.setattr(schematron, "findings", missing)
    said = flask("invoices", "check", billing.issued().number)
    assert (said.exit_code, "pip install saxonche" in said.stderr) == (5, True)


@pytest.mark.parametrize("act", ["show", "check"])
def test_what_is_not_there_is_not_found(flask, act):
    assert flask("invoices", act, "INV-0").exit_code == 3
