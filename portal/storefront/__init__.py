"""The Storefront, for partners and customers: their licences and how to use them."""

from flask import Flask

from portal.display.prices import routes
from portal.storefront.landing import area
from portal.storefront.licences import assets
from portal.storefront.orders import approvals, orders

area.register_blueprint(assets.bp)
area.register_blueprint(orders.bp)
area.register_blueprint(approvals.bp)
area.register_blueprint(routes.blueprint("storefront", "prices", "/prices"))


def register(app: Flask) -> None:
    app.register_blueprint(area)
