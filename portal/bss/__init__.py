from flask import Flask

from portal.bss import assets, bittitan, codes, orders, products, provisioning, queue, retries, users  # noqa: F401  each adds views
from portal.bss.area import area

for _part in (assets, orders, products, bittitan, users, retries):
    area.register_blueprint(_part.bp)


def register(app: Flask) -> None:
    app.register_blueprint(area)
