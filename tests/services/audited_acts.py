"""All public acts that change an account, user, product, price, price list or setting (test_audit_log.py)."""

import json
from collections.abc import Callable
from datetime import timedelta

from portal.core import clock
from portal.core.audit import WORKER
from portal.extensions import db, settings
from portal.models import Account, AccountKind, Role
from portal.sandbox.storage.shapes import SKUS
from portal.services import accounts, connection, imports, users
from portal.services.accounts import account_merges
from portal.services.catalog import price_lists, prices, product_changes
from portal.services.catalog.price_lines import Line
from portal.services.catalog.prices import PriceOf
from portal.services.connection import changes, service_definition
from portal.services.imports import products
from portal.services.users import sign_in
from tests import files
from tests.people import PASSWORD
from tests.services import audited_company

NEW = "quiet-meadow-compass-17"


def change_connection(world) -> None:
    """To a server that shows less."""
    row, now = connection.row(), settings().bittitan
    typed = changes.Typed(now.url, now.email, "blind", None)
    assert changes.save(typed, version=row.settings_version, is_confirmed=True, by=world.dora).is_saved


def at_once(act: Callable) -> Callable:
    """Nothing has to be there before."""
    return lambda world: lambda: act(world)


def customer(world) -> Account:
    return db.session.get(Account, world.customer.id, populate_existing=True)


@at_once
def create_account(world):
    details = {"name": "Newcomer", "currency": "EUR"}
    accounts.create(kind=AccountKind.CUSTOMER, parent_id=world.partner.id, details=details, by=world.dana)


def edit_account(details=None, **more) -> Callable:
    def act(world):
        accounts.edit(customer(world), version=1, details=details or {}, by=world.dana, **more)

    return at_once(act)


@at_once
def move(world):
    accounts.edit(customer(world), version=1, details={}, parent_id=world.rival.id, why="Asked", by=world.dana)


@at_once
def become_partner(world):
    row = db.session.get(Account, world.direct_customer.id)
    accounts.edit(row, version=1, details={}, kind=AccountKind.PARTNER, by=world.dana)


def synchronize(world):
    world.edit(world.customer, organization_id=None)
    return lambda: accounts.synchronize(customer(world), by=world.dana)


def enable(world):
    world.edit(world.customer, disabled_at=clock.now())
    return lambda: accounts.enable(customer(world), by=world.dana)


def merge(world):
    twin = world.account(parent=world.partner)
    world.user(twin)
    return lambda: account_merges.merge(
        db.session.get(Account, twin.id), customer(world), versions=(1, 1), why="Twice", by=world.dana
    )


def import_accounts(world):
    head = {"Code": "NEW-1", "Name": "New", "Type": "customer", "Parent Code": "NORTH", "Currency": "EUR"}
    file = files.bring(world, files.written([head]))
    return lambda: imports.ask_to_apply(file, skip_faulty=False, by=world.dana)


@at_once
def create_user(world):
    users.create(account=customer(world), email="new@example.example", name="New", role=Role.VIEWER, by=world.dora)


def edit_user(**changed) -> Callable:
    def act(world):
        values = {"email": world.carl.email, "name": world.carl.name, "role": world.carl.role} | changed
        users.edit(world.reload(world.carl), version=1, by=world.dora, **values)

    return at_once(act)


def enable_user(world):
    users.disable(world.reload(world.carl), by=world.dora)
    return lambda: users.enable(world.reload(world.carl), by=world.dora)


@at_once
def change_password(world):
    person = world.reload(world.carl)
    sign_in.change_password(person, current=PASSWORD, new=NEW, address="192.0.2.1", device=None)


def follow_link(world):
    token = users.renew_link(world.reload(world.carl), by=world.dora)
    return lambda: sign_in.follow_link(token, new=NEW)


@at_once
def create_draft(world):
    details = {"code": "NEW", "name": "New", "kind": world.mailbox.type.license_kind}
    product_changes.create_draft(details=details, price_of={"EUR": PriceOf(500, 400)}, by=world.dora)


@at_once
def create_product(world):
    kind = world.mailbox.type.license_kind
    product_changes.create_product(
        code="NEW", name="New", kind=kind, price_of={"EUR": PriceOf(500, 400)}, by=world.dora
    )


def save_product(details=None, price_of=None) -> Callable:
    def act(world):
        given = {"details": details or {}, "price_of": price_of or {}}
        product_changes.save_product(world.reload(world.mailbox), version=1, by=world.dora, **given)

    return at_once(act)


def publish(world):
    draft = world.product(published_at=None)
    return lambda: product_changes.publish(draft, by=world.dora)


def import_products(world):
    text = "Code,EUR\nBT-MAILBOX,12.20"
    seen = products.preview(text, None).digest
    return lambda: products.apply(text, None, seen=seen, by=world.dora)


@at_once
def read_definition(world):
    sku = SKUS[0] | {"Name": "Renamed"}
    body = json.dumps({"Entities": [sku, SKUS[1]]})
    world.sandbox.control.fault("listProductSkus", "answer", status=200, body=body, content_type="application/json")
    service_definition.read(by=WORKER)


def with_list(act: Callable, *, in_use: bool = False) -> Callable:
    """`act(row, world)` on a draft with a price for the partner."""

    def prepare(world):
        row = world.price_list()
        world.second = world.account("partner")
        lines = [Line(world.mailbox.id, 1, 900, None)]
        price_lists.save(row, version=1, details={}, lines=lines, by=world.dora)
        price_lists.assign(row, world.partner, by=world.dora)
        fresh = price_lists.price_list(world.dora, row.id)
        if in_use:
            price_lists.put_in_use(fresh, version=fresh.version, by=world.dora)
        return lambda: act(price_lists.price_list(world.dora, row.id), world)

    return prepare


@at_once
def create_list(world):
    today = clock.today()
    details = {"name": "New", "currency": "EUR", "valid_from": today, "valid_until": None, "is_for_all": False}
    price_lists.create(details=details, by=world.dora)


def save_list(row, world):
    lines = [Line(world.mailbox.id, 1, None, 500)]
    price_lists.save(row, version=row.version, details={"name": "Other"}, lines=lines, by=world.dora)


def end_list(row, world):
    price_lists.end(row, last_day=clock.today() + timedelta(days=9), by=world.dora)


ACTS: dict[str, tuple[Callable, tuple[str, str]]] = {
    "accounts.create": (create_account, ("account", "created")),
    "accounts.edit": (edit_account({"name": "Other"}), ("account", "edited")),
    "accounts.edit, credit limit": (edit_account({"credit_limit": 500}), ("account", "edited")),
    "accounts.edit, language": (edit_account({"language": "el"}), ("account", "edited")),
    "accounts.edit, moved": (move, ("account", "moved")),
    "accounts.edit, type": (become_partner, ("account", "edited")),
    "accounts.edit, e-mail at BitTitan": (
        edit_account({"bittitan_email": "x@y.example"}),
        ("account", "unsynchronized"),
    ),
    "accounts.synchronize": (synchronize, ("account", "synchronized")),
    "accounts.disable": (
        at_once(lambda world: accounts.disable(customer(world), by=world.dana)),
        ("account", "disabled"),
    ),
    "accounts.enable": (enable, ("account", "enabled")),
    "accounts.account_merges.merge": (merge, ("account", "merged")),
    "imports.import_apply.apply": (import_accounts, ("account", "created")),
    "users.create": (create_user, ("user", "created")),
    "users.edit, role": (edit_user(role=Role.ADMIN), ("user", "edited")),
    "users.edit, e-mail": (edit_user(email="carla@customer.example"), ("user", "edited")),
    "users.edit, name": (edit_user(name="Carla"), ("user", "edited")),
    "users.disable": (
        at_once(lambda world: users.disable(world.reload(world.carl), by=world.dora)),
        ("user", "disabled"),
    ),
    "users.enable": (enable_user, ("user", "enabled")),
    "users.renew_link": (
        at_once(lambda world: users.renew_link(world.reload(world.carl), by=world.dora)),
        ("user", "link renewed"),
    ),
    "users.sign_in.change_password": (change_password, ("user", "password changed")),
    "users.sign_in.follow_link": (follow_link, ("user", "password chosen")),
    "catalog.product_changes.create_draft": (create_draft, ("product", "create")),
    "catalog.product_changes.create_product": (create_product, ("product", "create")),
    "catalog.product_changes.save_product": (save_product({"name": "Other"}), ("product", "change")),
    "catalog.product_changes.save_product, price": (save_product(None, {"EUR": PriceOf(1, 1)}), ("product", "price")),
    "catalog.product_changes.save_product, cost": (save_product(None, {"EUR": PriceOf(1, 1)}), ("product", "cost")),
    "catalog.product_changes.publish": (publish, ("product", "publish")),
    "catalog.product_changes.withdraw": (
        at_once(lambda world: product_changes.withdraw(world.mailbox, by=world.dora)),
        ("product", "withdraw"),
    ),
    "catalog.product_changes.set_default_days": (
        at_once(lambda world: product_changes.set_default_days("MailboxLicense", by=world.dora, expire_days=30)),
        ("product_type", "change"),
    ),
    "catalog.prices.set_price": (
        at_once(lambda world: prices.set_price(world.mailbox, currency="EUR", amount=1, by=world.dora)),
        ("product", "price"),
    ),
    "imports.products.apply": (import_products, ("product", "price")),
    "catalog.price_lists.create": (create_list, ("price_list", "create")),
    "catalog.price_lists.copy": (
        with_list(lambda row, world: price_lists.copy(row, by=world.dora)),
        ("price_list", "copy"),
    ),
    "catalog.price_lists.save": (with_list(save_list), ("price_list", "change")),
    "catalog.price_lists.save, a price": (with_list(save_list), ("price_list", "line")),
    "catalog.price_lists.put_in_use": (
        with_list(lambda row, world: price_lists.put_in_use(row, version=row.version, by=world.dora)),
        ("price_list", "use"),
    ),
    "catalog.price_lists.end": (with_list(end_list, in_use=True), ("price_list", "end")),
    "catalog.price_lists.discard": (
        with_list(lambda row, world: price_lists.discard(row, version=row.version, by=world.dora)),
        ("price_list", "delete"),
    ),
    "catalog.price_lists.assign": (
        with_list(lambda row, world: price_lists.assign(row, world.second, by=world.dora)),
        ("price_list", "assign"),
    ),
    "catalog.price_lists.unassign": (
        with_list(lambda row, world: price_lists.unassign(row, world.partner, by=world.dora)),
        ("account", "price list"),
    ),
    **audited_company.ACTS,
    "connection.changes.save": (at_once(change_connection), ("connection", "configure")),
    "connection.connect": (at_once(lambda world: connection.connect(by=world.dora)), ("connection", "connect")),
    "connection.service_definition.read": (read_definition, ("product_type", "read")),
}
"""A function of services, and what it changes: how to prepare it (returns the act), and an entry that it leaves."""
