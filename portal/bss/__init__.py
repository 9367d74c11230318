from flask import Flask

# Each adds its views to the area or to a blueprint.
from portal.bss import vendor_requests
from portal.bss.area import area
from portal.bss.assets import assets, codes, corrections, provisioning, reviews  # noqa: F401
from portal.bss.catalog import products
from portal.bss.coupons import surplus
from portal.bss.imports import imports
from portal.bss.inbox import alerts, inbox  # noqa: F401
from portal.bss.ordering import orders
from portal.bss.reconciliation import comparison
from portal.bss.retries import retries
from portal.bss.setup import bittitan, users

for _part in (
    assets,
    orders,
    products,
    bittitan,
    users,
    retries,
    imports,
    surplus,
    comparison,
    alerts,
    vendor_requests,
):
    area.register_blueprint(_part.bp)


def register(app: Flask) -> None:
    app.register_blueprint(area)
