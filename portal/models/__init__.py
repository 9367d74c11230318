from portal.models.account import Account, AccountKind, InvoiceDelivery, InvoiceRhythm
from portal.models.asset import Asset
from portal.models.asset_request import AssetRequest, AssetRequestState, RequestEnd
from portal.models.asset_rules import Lifecycle, SyncStatus
from portal.models.attempt import OPEN_STATES, Attempt, AttemptState, Exchange, ExchangeKind, Trigger
from portal.models.audit import AuditEntry
from portal.models.bulk_list import BulkList, BulkListItem, BulkState
from portal.models.bulk_operation import BulkItem, BulkItemState, BulkKind, BulkOperation, BulkOrigin
from portal.models.calendar_feed import CalendarFeed
from portal.models.company import Company
from portal.models.connection import Alert, Connection, ConnectionStatus, Tally
from portal.models.coupon import (
    EXPIRED,
    NOWHERE,
    REDEEMED,
    REVOKED,
    SPENT,
    AtBitTitan,
    ConfirmedState,
    Coupon,
    CouponStanding,
)
from portal.models.coupon_upload import CouponUpload, CouponUploadPart
from portal.models.figure import NO_CURRENCY, Figure, FigureChange, FigureState, FigureUnit
from portal.models.handover_link import HandoverLink
from portal.models.imports import (
    CodeResult,
    Import,
    ImportKind,
    ImportPart,
    ImportState,
    RowResult,
    StagedAccount,
    StagedAsset,
)
from portal.models.invoice import (
    CreditCause,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
)
from portal.models.invoice_document import DocumentKind, InvoiceDocument, InvoiceTax
from portal.models.invoice_run import InvoiceRun, InvoiceRunItem, InvoiceSchedule, RunItemState, RunOrigin, RunState
from portal.models.invoice_series import InvoiceSeries
from portal.models.job import Job, JobKind, Lane, Worker
from portal.models.leaving_pack import LeavingPack, LeavingPackPart, LeavingPackState
from portal.models.mail_text import MailTextVersion
from portal.models.message import CODE_MARK, Message, MessageState, MessageTry, NotSent, TryOutcome
from portal.models.order import Channel, Hold, InvoiceTiming, NewCustomer, Order, OrderLine, OrderState
from portal.models.payment import Allocation, Payment, PaymentKind, PaymentSource
from portal.models.price import WHOLE, PriceLine, PriceList, PriceListAccount, PriceListState, PriceTerm
from portal.models.product import DEFAULT_DAYS, MAX_DAYS, Price, Product, ProductState, ProductType
from portal.models.reconciliation import (
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.models.reminder import (
    DigestChoice,
    MailStop,
    Reminder,
    ReminderKind,
    ReminderPreference,
    ReminderProgress,
    ReminderRecipient,
    ReminderSwitch,
    StaffMails,
    Topic,
)
from portal.models.retry import ItemState, Retry, RetryItem, RetryOrigin
from portal.models.revocation import Revocation, RevocationState
from portal.models.rights import Right
from portal.models.security_event import Event, Result, SecurityEvent
from portal.models.status_check import CheckCause, CheckResult, StatusCheck
from portal.models.stored_secret import StoredSecret
from portal.models.task_run import TaskRun
from portal.models.tax_code import MOST_RATE, TaxCategory, TaxCode
from portal.models.user import LINK_IS_GOOD, Draft, PasswordReset, Role, SignIn, Throttle, User
from portal.models.vendor_request import RequestKind, RequestState, VendorRequest

__all__ = [
    "DigestChoice",
    "StaffMails",
    "MailStop",
    "MailTextVersion",
    "Reminder",
    "ReminderKind",
    "ReminderPreference",
    "ReminderProgress",
    "ReminderRecipient",
    "ReminderSwitch",
    "Topic",
    "CODE_MARK",
    "LINK_IS_GOOD",
    "Lane",
    "Message",
    "MessageState",
    "MessageTry",
    "NotSent",
    "TryOutcome",
    "Account",
    "AccountKind",
    "Alert",
    "Allocation",
    "Asset",
    "AssetRequest",
    "AssetRequestState",
    "Attempt",
    "AttemptState",
    "AuditEntry",
    "BulkItem",
    "BulkItemState",
    "BulkKind",
    "BulkList",
    "BulkListItem",
    "BulkOperation",
    "BulkOrigin",
    "BulkState",
    "CalendarFeed",
    "Channel",
    "CodeResult",
    "Company",
    "Connection",
    "ConnectionStatus",
    "Coupon",
    "CouponStanding",
    "CouponUpload",
    "CouponUploadPart",
    "CreditCause",
    "DEFAULT_DAYS",
    "DocumentKind",
    "Draft",
    "EXPIRED",
    "Event",
    "Exchange",
    "ExchangeKind",
    "Figure",
    "FigureChange",
    "FigureState",
    "FigureUnit",
    "Finding",
    "FindingAct",
    "FindingKind",
    "FindingState",
    "HandoverLink",
    "Hold",
    "Import",
    "ImportKind",
    "ImportPart",
    "ImportState",
    "Invoice",
    "InvoiceDelivery",
    "InvoiceDocument",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceRhythm",
    "InvoiceRun",
    "InvoiceRunItem",
    "InvoiceSchedule",
    "InvoiceSeries",
    "InvoiceState",
    "InvoiceTax",
    "InvoiceTiming",
    "ItemState",
    "Job",
    "JobKind",
    "LeavingPack",
    "LeavingPackPart",
    "LeavingPackState",
    "Lifecycle",
    "MAX_DAYS",
    "MOST_RATE",
    "NOWHERE",
    "NO_CURRENCY",
    "NewCustomer",
    "OPEN_STATES",
    "Order",
    "OrderLine",
    "OrderState",
    "PasswordReset",
    "Payment",
    "PaymentKind",
    "PaymentSource",
    "Price",
    "PriceLine",
    "PriceList",
    "PriceListAccount",
    "PriceListState",
    "PriceTerm",
    "Product",
    "ProductState",
    "ProductType",
    "REDEEMED",
    "REVOKED",
    "ReconciliationRun",
    "ReconciliationScope",
    "ReconciliationSource",
    "ReconciliationState",
    "RequestEnd",
    "RequestKind",
    "RequestState",
    "Result",
    "Retry",
    "RetryItem",
    "RetryOrigin",
    "Revocation",
    "RevocationState",
    "Right",
    "Role",
    "RowResult",
    "RunItemState",
    "RunOrigin",
    "RunState",
    "SPENT",
    "SecurityEvent",
    "ShownCoupon",
    "SignIn",
    "StagedAccount",
    "StagedAsset",
    "StoredSecret",
    "SyncStatus",
    "Tally",
    "TaxCategory",
    "TaskRun",
    "TaxCode",
    "Throttle",
    "Trigger",
    "User",
    "VendorRequest",
    "WHOLE",
    "Worker",
    "AtBitTitan",
    "ConfirmedState",
    "CheckCause",
    "CheckResult",
    "StatusCheck",
]
