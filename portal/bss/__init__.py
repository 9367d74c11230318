from flask import Flask

from portal.bss import (  # noqa: F401  each adds views
    alerts,
    assets,
    bittitan,
    codes,
    corrections,
    imports,
    orders,
    products,
    provisioning,
    queue,
    reconciliation,
    requests,
    retries,
    reviews,
    surplus,
    users,
)
from portal.bss.area import area

for _part in (assets, orders, products, bittitan, users, retries, imports, surplus, reconciliation, alerts, requests):
    area.register_blueprint(_part.bp)


def register(app: Flask) -> None:
    app.register_blueprint(area)
