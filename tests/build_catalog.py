"""The catalogue of the world: product types, products, price lists."""

from portal.extensions import db
from portal.models import Account, Price, PriceList, Product, ProductType, TaxCategory, TaxCode
from portal.sandbox.storage.shapes import SKUS
from tests.saved import now, saved


class CatalogBuilder:
    def product(self, code: str | None = None, prices: dict[str, int] | None = None, **columns) -> Product:
        """One that nobody has bought yet."""
        with self.transaction():
            return self._product(code or f"BT-{next(self._numbers)}", self.mailbox.type, prices or {}, **columns)

    def price_list(self, seller: Account | None = None, **columns) -> PriceList:
        """A draft without lines."""
        given = {
            "seller_id": (seller or self.distributor).id, "name": "Prices", "currency": "EUR",
            "valid_from": now().date(), "created_at": now(),
        } | columns  # fmt: skip
        with self.transaction():
            return saved(PriceList(**given))

    def tax_code(self, **columns) -> TaxCode:
        """For business elsewhere in the EU."""
        given = {
            "code": f"AE-{next(self._numbers)}", "name": "Reverse charge", "category": TaxCategory.REVERSE_CHARGE,
            "rate": 0, "reasons": {"en": "Reverse charge"}, "created_at": now(),
        } | columns  # fmt: skip
        with self.transaction():
            return saved(TaxCode(**given))

    def _catalog(self) -> None:
        types = [
            ProductType(
                license_kind=sku["LicenseKind"],
                name=sku["Name"],
                sku_id=sku["Id"],
                max_quantity=sku["MaxQuantity"],
                read_at=now(),
            )
            for sku in SKUS
        ]
        db.session.add_all(types)
        db.session.flush()
        self.mailbox = self._product("BT-MAILBOX", types[0], {"EUR": 1190, "USD": 1290})
        self.bundle = self._product("BT-BUNDLE", types[1], {"EUR": 1450, "USD": 1590})

    def _product(self, code: str, kind: ProductType, prices: dict[str, int], **columns) -> Product:
        values = {
            "code": code, "name": kind.name, "expire_days": 365, "validity_days": 365, "created_at": now(),
            "published_at": now(), "prices": [Price(currency=each, amount=prices[each]) for each in prices],
        } | columns  # fmt: skip
        product = Product(type_id=kind.id, **values)
        product.type = self._again(kind)
        return saved(product)
