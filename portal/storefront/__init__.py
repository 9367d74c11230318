"""The Storefront, for partners and customers: their licences and how to use them."""

from flask import Flask

from portal.display.prices import routes
from portal.storefront.landing import area
from portal.storefront.licences import assets

area.register_blueprint(assets.bp)
area.register_blueprint(routes.blueprint("storefront", "prices", "/prices"))


def register(app: Flask) -> None:
    app.register_blueprint(area)
