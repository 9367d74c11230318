"""Two people change a product in the same moment."""

from portal.core.errors import StaleVersion
from portal.services import catalog
from portal.services.catalog import product_changes
from tests.services.shop import at_once


def test_the_second_who_changes_its_type_is_told(app, world):
    for _each in range(5):
        product = world.product(prices={"EUR": 500})

        def change(product=product) -> None:
            with app.app_context():
                row, details = catalog.product(product.id), {"kind": world.bundle.type.license_kind}
                product_changes.save_product(row, version=1, details=details, price_of={}, by=world.dora)

        outcomes = at_once(2, change)
        assert sorted(str(type(each)) for each in outcomes) == sorted(map(str, (type(None), StaleVersion)))
