"""What BitTitan sells (product types) and what the distributor offers (products and their prices)."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.paging import MAX_ID
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Product, ProductState, ProductType, User
from portal.models.text_keys import collation_key


def product_types() -> list[ProductType]:
    types = db.session.scalars(select(ProductType).order_by(ProductType.id))
    return sorted(types, key=lambda each: collation_key(each.name))


def products() -> list[Product]:
    """With their prices; withdrawn ones come last."""
    query = select(Product).options(selectinload(Product.prices)).order_by(Product.name_sort, Product.id)
    rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
    return sorted(rows, key=lambda product: product.withdrawn_at is not None)


def visible_products(user: User) -> list[Product]:
    """As `products`. Those that were never published are for the distributor's staff only."""
    return [product for product in products() if user.is_staff or product.published_at is not None]


def product(product_id: int) -> Product:
    """With its prices. Raises NotVisible."""
    query = select(Product).where(Product.id == min(product_id, MAX_ID)).options(selectinload(Product.prices))
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotVisible()
    return row


def lock_product(product_id: int) -> Product:
    """The current row, locked until the transaction ends. Raises NotVisible."""
    # By itself first: PostgreSQL finds nothing if the type changes while it waits for the row joined with its type.
    db.session.execute(select(Product.id).where(Product.id == product_id).with_for_update())
    return lock(Product, product_id)


def product_named(code: str) -> Product:
    """Raises NotVisible."""
    row = db.session.scalar(select(Product).where(Product.code == code).options(selectinload(Product.prices)))
    if row is None:
        raise NotVisible(_("There is no product “%(code)s”.", code=code))
    return row


def why_not_orderable(product: Product) -> str | None:
    """A sentence, or None if it can be ordered."""
    if product.state is ProductState.WITHDRAWN:
        return _("%(name)s has been withdrawn.", name=product.name)
    if product.state is ProductState.DRAFT:
        return _("%(name)s is a draft; publish it first.", name=product.name)
    if product.type.sku_id is None:
        return _("BitTitan no longer sells %(name)s; choose another product.", name=product.type.name)
    most = product.most_licences
    if most is not None and most < product.min_quantity:
        return _(
            "%(name)s is sold from %(low)s licences, but BitTitan allows no more than %(high)s.",
            name=product.name, low=product.min_quantity, high=most,
        )  # fmt: skip
    return None
