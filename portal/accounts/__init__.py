from flask import Flask

from portal.accounts import accounts, credit, users, vendor_requests, wording  # noqa: F401  two add views to the area
from portal.accounts.area import area

area.register_blueprint(users.bp)
area.register_blueprint(vendor_requests.bp)


def register(app: Flask) -> None:
    wording.install(app)
    app.register_blueprint(area)
