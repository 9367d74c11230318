"""An order creates its asset and the first attempt in one transaction."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import access, audit, clock, errors, field_rules
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, Lifecycle, Order, Product, ProductState, SyncStatus, Trigger, User
from portal.services import assets, catalog, provisioning
from portal.services.catalog import product_changes, resolution
from portal.services.catalog.resolution import AgreedPrice
from portal.services.ordering import offers


def place(*, key: str, account_id: int, product_id: int, quantity: int, name: str, by: User) -> Asset:
    """The same key again means the same order. Raises InvalidInput for a field; Conflict if the payer cannot be ordered
    for yet, or if the key was used to order something else."""
    ordered = (account_id, product_id, quantity)
    try:
        with transaction("reserve"):
            if (asset_id := _ordered(key, ordered)) is None:
                asset_id = _place(key, _account(by, account_id), product_id, quantity, name, by)
    except IntegrityError:  # the same form was sent twice at once, and the other one ordered
        asset_id = _ordered(key, ordered)
        if asset_id is None:
            raise
    return access.visible_asset(by, asset_id)


def _account(by: User, account_id: int) -> Account:
    """Locked, so that it cannot move to another branch before the asset exists."""
    try:
        lock(Account, account_id)
        account = access.visible_account(by, account_id)
    except errors.NotVisible:
        raise errors.InvalidInput("account", _("Choose an account.")) from None
    if account.is_distributor:
        raise errors.InvalidInput("account", _("The distributor holds no licences itself. Choose another account."))
    if account.is_disabled or offers.payer_of(account).is_disabled:
        raise errors.InvalidInput("account", _("This account or its payer is disabled; nothing can be ordered."))
    return account


def _ordered(key: str, ordered: tuple[int, int, int]) -> int | None:
    columns = (Asset.id, Asset.account_id, Asset.product_id, Asset.quantity)
    asset = db.session.execute(select(*columns).join(Order, Order.id == Asset.order_id).where(Order.key == key)).first()
    if asset is None:
        return None
    if tuple(asset[1:]) != ordered:
        raise errors.Conflict(
            _("This form has ordered AS-%(id)s already. Nothing more was ordered; begin a new order.", id=asset.id)
        )
    return asset.id


def _place(key: str, account: Account, product_id: int, quantity: int, name: str, by: User) -> int:
    billed, now = offers.payer_of(account), clock.now()
    product, price = _product(product_id, billed, quantity, clock.day_of(now))
    order = Order(key=key, account_id=account.id, billed_account_id=billed.id, placed_by_id=by.id, placed_at=now)
    db.session.add(order)
    db.session.flush()
    bought_on = clock.day_of(now)
    asset = Asset(
        name=_name(name, product),
        account_id=account.id,
        branch_id=account.branch_id,
        billed_account_id=billed.id,
        product_id=product.id,
        order_id=order.id,
        quantity=quantity,
        unit_price=price.amount,
        currency=price.currency,
        purchased_on=bought_on,
        expire_days=product.expire_days,
        validity_days=product.validity_days,
        redeem_by=bought_on + timedelta(days=product.expire_days),
        sync_status=SyncStatus.FAILED,  # only until the attempt below is opened
        lifecycle=Lifecycle.ACTIVE,
        reference=provisioning.new_reference(),
        created_at=now,
    )
    db.session.add(asset)
    db.session.flush()
    if product.first_sold_at is None:
        product_changes.note_sale([product.id], now)
    audit.record("asset", asset.id, "order", by=by, after=order.number)
    provisioning.open_attempt(asset, by=by, trigger=Trigger.ORDER, staged={})
    return asset.id


def _name(typed: str, product: Product) -> str:
    is_own = typed and typed != product.name
    return field_rules.name(typed, "name", assets.LONGEST_NAME) if is_own else product.name


def _product(product_id: int, billed: Account, quantity: int, day: date) -> tuple[Product, AgreedPrice]:
    product = db.session.get(Product, product_id, populate_existing=True)
    if product is None or product.state is not ProductState.PUBLISHED:
        raise errors.InvalidInput("product", _("Choose a product."))
    if (reason := catalog.why_not_orderable(product)) is not None:
        raise errors.InvalidInput("product", reason)
    price = resolution.price_of(billed, product, quantity, day)
    if price.amount is None:
        raise errors.InvalidInput("product", _("This product has no price in %(currency)s.", currency=billed.currency))
    low, high = product.min_quantity, product.most_licences
    if high is not None and not low <= quantity <= high:
        raise errors.InvalidInput("quantity", _("Enter a whole number from %(low)s to %(high)s.", low=low, high=high))
    if quantity < low:
        raise errors.InvalidInput("quantity", _("Enter a whole number from %(low)s.", low=low))
    return product, price
