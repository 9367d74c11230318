"""The distributor's back office."""

from flask import Flask

from portal.bss import (
    assets,
    bulk,
    catalog,
    coupons,
    imports,
    inbox,
    ordering,
    reconciliation,
    reports,
    retries,
    setup,
    vendor_requests,
)
from portal.bss.area import area

for _part in (assets, ordering, retries, bulk, imports, coupons, reconciliation, inbox, reports, vendor_requests):
    area.register_blueprint(_part.bp)
for _blueprint in (*catalog.blueprints, *setup.blueprints):
    area.register_blueprint(_blueprint)


def register(app: Flask) -> None:
    app.register_blueprint(area)
