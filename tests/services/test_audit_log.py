"""Every change of an account, user, product, price, price list and setting is in the audit log, in its transaction."""

import ast
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from portal.core import audit
from portal.extensions import db
from portal.models import AuditEntry
from tests import dump
from tests.architecture.source import ROOT
from tests.services.audited_acts import ACTS

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


NO_CHANGES = {
    "users.sign_in.note_use": "how long a session lasts",
    "users.sign_in.sign_in": "in the security log",
    "users.sign_in.sign_out": "in the security log",
    "users.sign_in.confirm": "in the security log",
    "users.sign_in_throttle.admit": "counts",
    "users.password_resets.ask": "in the security log",
    "users.password_resets.answer": "a mail",
    "users.languages.choose": "the language in which a person reads",
    "users.form_drafts.keep": "what a person typed, for that person alone",
    "users.form_drafts.take": "what a person typed, for that person alone",
    "connection.sandbox_faults._audit": "is the entry itself: the sandbox is no setting of the portal's",
}
"""What else begins a transaction there, and what it writes."""
PACKAGES = ("accounts", "users", "catalog", "connection", "company", "tax", "mail.texts", "imports.products")


KEPT = (
    "accounts", "users", "products", "prices", "product_types", "price_lists", "price_lines", "price_list_accounts",
    "price_terms", "assets", "orders", "company", "tax_codes", "mail_text_versions",
)  # fmt: skip


@pytest.fixture
def act(world, sandbox, request):
    world.sandbox = sandbox
    make, entry = ACTS[request.param]
    yield make(world), entry
    del world.sandbox


@pytest.mark.parametrize("act", ACTS, indirect=True)
def test_it_leaves_an_entry(act):
    carry_out, entry = act
    last = db.session.scalar(select(func.max(AuditEntry.id))) or 0
    carry_out()
    rows = select(AuditEntry.subject, AuditEntry.act, AuditEntry.actor).where(AuditEntry.id > last)
    found = [tuple(row) for row in db.session.execute(rows)]
    assert entry in {(subject, act) for subject, act, _actor in found}
    assert "" not in {actor for *_act, actor in found}


class Full(Exception):
    """The audit log takes no entry."""


@pytest.mark.parametrize("act", ACTS, indirect=True)
def test_without_the_entry_nothing_changes(act, app, monkeypatch):
    """The change and its entry are in one transaction."""
    carry_out, _entry = act

    def refuse(*_given, **_values):
        raise Full()

    before = kept(app)
    for name in ("entry", "record_each"):
        monkeypatch.setattr(audit, name, refuse)
    with pytest.raises(Full):
        carry_out()
    db.session.rollback()
    assert not dump.difference(before, kept(app))


def kept(app) -> dict[str, list[tuple]]:
    rows = dump.dump(app)
    return {name: rows[name] for name in KEPT}


def writers() -> Iterator[str]:
    """The functions of these packages that begin a transaction."""
    services = ROOT / "portal" / "services"
    for package in PACKAGES:
        for path in sorted((services / package.replace(".", "/")).glob("*.py")):
            module = package if path.stem == "__init__" else f"{package}.{path.stem}"
            for function in ast.parse(path.read_text()).body:
                if isinstance(function, ast.FunctionDef) and _writes(function):
                    yield f"{module}.{function.name}"


def _writes(function: ast.FunctionDef) -> bool:
    calls = (item.context_expr for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items)
    return any(isinstance(call, ast.Call) and getattr(call.func, "id", "") == "transaction" for call in calls)


def test_every_writing_function_is_in_the_table():
    named = {name.split(",")[0] for name in ACTS} | NO_CHANGES.keys()
    missing = set(writers()) - named
    assert not missing, f"say in ACTS which entry they leave, or in NO_CHANGES why none: {sorted(missing)}"
    unknown = {name for name in named if name.startswith(PACKAGES)} - set(writers())
    assert not unknown, f"they begin no transaction: {sorted(unknown)}"
