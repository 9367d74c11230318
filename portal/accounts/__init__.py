from flask import Flask

from portal.accounts import (  # noqa: F401  some of them add views to the area
    accounts,
    credit,
    merging,
    reminders,
    users,
    vendor_requests,
)
from portal.accounts.area import area
from portal.accounts.statements import statements  # noqa: F401  adds a view to the area

area.register_blueprint(users.bp)
area.register_blueprint(vendor_requests.bp)


def register(app: Flask) -> None:
    app.register_blueprint(area)
