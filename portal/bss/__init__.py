"""The distributor's back office."""

from flask import Flask

from portal.bss import (
    asset_requests,
    assets,
    audit,
    billing_exceptions,
    bulk,
    calendar,
    catalog,
    coupons,
    exports,
    imports,
    inbox,
    invoice_runs,
    invoicing,
    leaving_packs,
    mail_texts,
    ordering,
    outbox,
    payments,
    reconciliation,
    reports,
    retries,
    schedule,
    setup,
    vendor_requests,
)
from portal.bss.area import area

for _part in (
    assets,
    ordering,
    invoicing,
    retries,
    bulk,
    imports,
    coupons,
    reconciliation,
    inbox,
    vendor_requests,
    invoice_runs,
    billing_exceptions,
    exports,
    reports,
    audit,
    leaving_packs,
    calendar,
    schedule,
    asset_requests,
):
    area.register_blueprint(_part.bp)
for _blueprint in (
    *catalog.blueprints,
    *outbox.blueprints,
    *mail_texts.blueprints,
    *payments.blueprints,
    *setup.blueprints,
):
    area.register_blueprint(_blueprint)


def register(app: Flask) -> None:
    app.register_blueprint(area)
