"""The Storefront, for partners and customers: their licences and how to use them."""

from flask import Flask

from portal.display.prices import routes
from portal.storefront import calendar
from portal.storefront.invoices import invoices
from portal.storefront.landing import area
from portal.storefront.licences import assets
from portal.storefront.orders import approvals, orders
from portal.storefront.reports import reports
from portal.storefront.shop import basket, shop
from portal.storefront.statements import statements

for bp in (assets.bp, calendar.bp, shop.bp, basket.bp, invoices.bp, orders.bp, approvals.bp, statements.bp, reports.bp):
    area.register_blueprint(bp)
area.register_blueprint(routes.blueprint("storefront", "prices", "/prices"))


def register(app: Flask) -> None:
    app.register_blueprint(area)
