"""For partners and customers: what they bought, and how it is used."""

from flask import Flask

from portal.storefront.landing import area
from portal.storefront.licences import assets

area.register_blueprint(assets.bp)


def register(app: Flask) -> None:
    app.register_blueprint(area)
