from enum import StrEnum


class Cause(StrEnum):
    """Why something was not done, as stored. BitTitan may use others. The texts are in
    portal/display/wording/cause_wording.py."""

    # What BitTitan answers.
    ACCOUNT_NOT_LINKED = "AccountNotLinked"
    COUPON_NOT_FOUND = "CouponNotFound"
    COUPON_REDEEMED = "CouponRedeemed"
    CREDIT_LIMIT_EXCEEDED = "CreditLimitExceeded"
    DEADLINE_PASSED = "DeadlinePassed"
    EXPIRE_DAYS_OUT_OF_RANGE = "ExpireDaysOutOfRange"
    FORBIDDEN = "Forbidden"
    INTERNAL_ERROR = "InternalError"
    INVALID_REQUEST = "InvalidRequest"
    MAINTENANCE = "Maintenance"
    NOT_SUPPORTED = "NotSupported"
    PRODUCT_SKU_NOT_FOUND = "ProductSkuNotFound"
    QUANTITY_OUT_OF_RANGE = "QuantityOutOfRange"
    RATE_LIMITED = "RateLimited"
    REFERENCE_REUSED = "ReferenceReused"
    REQUEST_IN_PROGRESS = "RequestInProgress"
    SIGN_IN_FAILED = "SignInFailed"
    TICKET_EXPIRED = "TicketExpired"
    TICKET_INVALID = "TicketInvalid"
    VALIDATION_FAILED = "ValidationFailed"

    # What went wrong in the exchange.
    ANSWER_TOO_LARGE = "AnswerTooLarge"
    CONNECT_TIMED_OUT = "ConnectTimedOut"
    CONNECTION_LOST = "ConnectionLost"
    CONNECTION_REFUSED = "ConnectionRefused"
    NAME_NOT_FOUND = "NameNotFound"
    TIMED_OUT = "TimedOut"
    TLS_FAILED = "TlsFailed"
    TOO_LATE = "TooLate"
    UNEXPECTED_ANSWER = "UnexpectedAnswer"
    UNNAMED = "Unnamed"

    # What the portal found.
    BROKEN = "Broken"
    CREDENTIALS_MISSING = "CredentialsMissing"
    CREDENTIALS_UNREADABLE = "CredentialsUnreadable"
    CODE_KNOWN = "CodeKnown"
    CODE_NOT_CONFIRMED = "CodeNotConfirmed"
    KEEPS_CHANGING = "KeepsChanging"
    LIST_NOT_ALL = "ListNotAll"
    NEVER_FOUND = "NeverFound"
    NOT_AS_ASKED = "NotAsAsked"
    OTHER_ORGANIZATION = "OtherOrganization"
    QUARANTINE_TOO_SHORT = "QuarantineTooShort"
    SETTINGS_CHANGED = "SettingsChanged"
    SENDER_LOST = "SenderLost"
    STUCK = "Stuck"
    TAKEN_OVER = "TakenOver"


NO_ANSWER = frozenset(
    {
        Cause.CONNECT_TIMED_OUT,
        Cause.CONNECTION_LOST,
        Cause.CONNECTION_REFUSED,
        Cause.NAME_NOT_FOUND,
        Cause.TIMED_OUT,
        Cause.TLS_FAILED,
    }
)
"""BitTitan did not answer. With any other cause it did, or was never asked."""
OURS = frozenset({Cause.BROKEN, Cause.SENDER_LOST, Cause.SETTINGS_CHANGED, Cause.TAKEN_OVER, Cause.TOO_LATE})
"""The portal itself stopped; this tells nothing about BitTitan."""
NO_SIGN_IN = frozenset({Cause.CREDENTIALS_MISSING, Cause.CREDENTIALS_UNREADABLE, Cause.QUARANTINE_TOO_SHORT})
"""The portal cannot even try to sign in until a person corrects its settings."""
