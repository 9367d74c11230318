"""Setup > Products: the products and product types, read-only."""

from flask import Blueprint, render_template

from portal.models import Right
from portal.services import catalog
from portal.web.security.guards import requires

bp = Blueprint("products", __name__, url_prefix="/setup/products")


@bp.get("")
@requires(Right.CONFIGURE)
def index():
    return render_template("bss/catalog/index.html", products=catalog.products(), types=catalog.product_types())
