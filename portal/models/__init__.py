from portal.models.account import Account, AccountKind
from portal.models.asset import Asset, Lifecycle, SyncStatus
from portal.models.attempt import OPEN_STATES, Attempt, AttemptState, Exchange, ExchangeKind, Trigger
from portal.models.audit import AuditEntry
from portal.models.connection import Alert, Connection
from portal.models.coupon import Coupon, CouponStanding
from portal.models.order import Order
from portal.models.product import DEFAULT_DAYS, MAX_DAYS, Price, Product, ProductType
from portal.models.retry import ItemState, Retry, RetryItem, RetryOrigin, RetryState
from portal.models.rights import Right
from portal.models.user import Draft, Role, SignIn, Throttle, User
from portal.models.work import Worker, WorkItem, WorkKind

__all__ = [
    "DEFAULT_DAYS",
    "MAX_DAYS",
    "OPEN_STATES",
    "Account",
    "AccountKind",
    "Alert",
    "Asset",
    "Attempt",
    "AttemptState",
    "AuditEntry",
    "Connection",
    "Coupon",
    "CouponStanding",
    "Draft",
    "Exchange",
    "ExchangeKind",
    "ItemState",
    "Lifecycle",
    "Order",
    "Price",
    "Product",
    "ProductType",
    "Retry",
    "RetryItem",
    "RetryOrigin",
    "RetryState",
    "Right",
    "Role",
    "SignIn",
    "SyncStatus",
    "Throttle",
    "Trigger",
    "User",
    "WorkItem",
    "WorkKind",
    "Worker",
]
