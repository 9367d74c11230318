"""Texts for why an attempt ended as it did and what helps, by BitTitan's error codes and the portal's own causes."""

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Asset, Attempt, AttemptState
from portal.models.asset import NO_ATTEMPT, NO_CAUSE
from portal.providers.causes import Cause
from portal.services import vendor_settings

# Each continues a sentence: "BitTitan refused: …", "Not sent: …", "The answer was lost: …".
CAUSES = {
    Cause.ACCOUNT_NOT_LINKED: lazy("the billed account is not linked at BitTitan"),
    Cause.COUPON_NOT_FOUND: lazy("it knows no such coupon"),
    Cause.COUPON_REDEEMED: lazy("the coupon is redeemed already"),
    Cause.CREDIT_LIMIT_EXCEEDED: lazy("credit limit exceeded"),
    Cause.EXPIRE_DAYS_OUT_OF_RANGE: lazy("the expire days are over its limit"),
    Cause.FORBIDDEN: lazy("not permitted"),
    Cause.INVALID_REQUEST: lazy("it did not understand the request"),
    Cause.NOT_SUPPORTED: lazy("it does not offer that"),
    Cause.PRODUCT_SKU_NOT_FOUND: lazy("the product is not in its service definition"),
    Cause.QUANTITY_OUT_OF_RANGE: lazy("the quantity is over its limit"),
    Cause.VALIDATION_FAILED: lazy("the request did not pass its checks"),
    Cause.DEADLINE_PASSED: lazy("it came too late"),
    Cause.INTERNAL_ERROR: lazy("BitTitan reported a fault"),
    Cause.MAINTENANCE: lazy("BitTitan is under maintenance"),
    Cause.RATE_LIMITED: lazy("BitTitan asked for a pause"),
    Cause.REFERENCE_REUSED: lazy("BitTitan holds another request under this reference"),
    Cause.REQUEST_IN_PROGRESS: lazy("BitTitan is still working on an earlier request"),
    Cause.SIGN_IN_FAILED: lazy("BitTitan does not accept our sign-in"),
    Cause.TICKET_EXPIRED: lazy("our session had ended"),
    Cause.TICKET_INVALID: lazy("our sign-in was not accepted"),
    Cause.CREDENTIALS_MISSING: lazy("the e-mail address or the password for BitTitan is missing"),
    Cause.CREDENTIALS_UNREADABLE: lazy("the stored password for BitTitan cannot be read with our keys"),
    Cause.QUARANTINE_TOO_SHORT: lazy("the quarantine in the settings is too short for this server"),
    Cause.SETTINGS_CHANGED: lazy("the connection to BitTitan was changed just before"),
    Cause.BROKEN: lazy("the portal had a fault"),
    Cause.KEEPS_CHANGING: lazy("its list changed too fast to be read as a whole"),
    Cause.LIST_NOT_ALL: lazy("its list leaves out active coupons"),
    Cause.TAKEN_OVER: lazy("another process has taken over"),
    Cause.ANSWER_TOO_LARGE: lazy("the answer was too large"),
    Cause.CONNECT_TIMED_OUT: lazy("BitTitan’s address did not respond"),
    Cause.CONNECTION_LOST: lazy("the connection broke before an answer came"),
    Cause.CONNECTION_REFUSED: lazy("the connection was refused"),
    Cause.NAME_NOT_FOUND: lazy("BitTitan’s address was not found"),
    Cause.NEVER_FOUND: lazy("looked up for days and never found"),
    Cause.STUCK: lazy("it stopped, and the portal does not know why"),
    Cause.TIMED_OUT: lazy("no answer within the time"),
    Cause.TLS_FAILED: lazy("no secure connection could be made"),
    Cause.CODE_KNOWN: lazy("the coupon’s code is recorded already, with another asset"),
    Cause.CODE_NOT_CONFIRMED: lazy("BitTitan lists another coupon than it returned for the purchase"),
    Cause.NOT_AS_ASKED: lazy("the coupon is not what was requested"),
    Cause.OTHER_ORGANIZATION: lazy("the sign-in belongs to another BitTitan organisation"),
    Cause.SENDER_LOST: lazy("the process that sent it ended before the answer came"),
    Cause.UNNAMED: lazy("it gave a reason that is not shown, because it looks like a coupon’s code"),
    Cause.UNEXPECTED_ANSWER: lazy("the answer did not have BitTitan’s format"),
    Cause.TOO_LATE: lazy("there was not enough time left to send it"),
}

DAYS_MEND = (Cause.EXPIRE_DAYS_OUT_OF_RANGE, Cause.VALIDATION_FAILED)
ORDER_AGAIN = (Cause.QUANTITY_OUT_OF_RANGE, Cause.PRODUCT_SKU_NOT_FOUND)
UNLIKE = Cause.NOT_AS_ASKED

_HELP = {
    Cause.ACCOUNT_NOT_LINKED: lazy("Synchronize the billed account with BitTitan, then synchronize again."),
    Cause.CREDIT_LIMIT_EXCEEDED: lazy("Raise the limit with BitTitan, then synchronize again."),
    Cause.EXPIRE_DAYS_OUT_OF_RANGE: lazy("Edit the asset, choose fewer days and save."),
    Cause.VALIDATION_FAILED: lazy("Edit the asset, check its days and save."),
    Cause.FORBIDDEN: lazy("Ask BitTitan whether your organisation may buy this, then synchronize again."),
    Cause.PRODUCT_SKU_NOT_FOUND: lazy("Changing the days does not help. Cancel the asset and order another product."),
    Cause.QUANTITY_OUT_OF_RANGE: lazy("Changing the days does not help. Cancel the asset and order fewer licences."),
    UNLIKE: lazy("Once its coupon is revoked in the surplus register, synchronize again."),
}

# For many assets at once.
_GROUP_HELP = {
    Cause.ACCOUNT_NOT_LINKED: lazy("Correct the billed account’s BitTitan e-mail and look it up, then retry all."),
    Cause.CREDIT_LIMIT_EXCEEDED: lazy("Raise the limit with BitTitan, then retry all."),
    Cause.EXPIRE_DAYS_OUT_OF_RANGE: lazy("Set fewer expire days for all of them, and retry."),
    Cause.VALIDATION_FAILED: lazy("Set expire days that BitTitan accepts for all of them, and retry."),
    Cause.FORBIDDEN: lazy("Ask BitTitan whether your organisation may buy this, then retry all."),
    Cause.PRODUCT_SKU_NOT_FOUND: lazy(
        "If BitTitan offers the product again, retry. Otherwise cancel and order another."
    ),
    Cause.QUANTITY_OUT_OF_RANGE: lazy("A retry does not help. Cancel these and order fewer licences each."),
    UNLIKE: lazy("Revoke their coupons in the surplus register, then retry all."),
    NO_ATTEMPT: lazy("Imported without a code. Look for their codes first: a retry buys new ones."),
}

_ENDINGS = {
    AttemptState.REFUSED: lazy("BitTitan refused: %(cause)s"),
    AttemptState.NOT_SENT: lazy("It could not be sent: %(cause)s"),
    AttemptState.RESERVED: lazy("It could not be sent yet: %(cause)s"),
    AttemptState.SENDING: lazy("It is being sent: %(cause)s"),
    AttemptState.UNKNOWN: lazy("It may have been carried out: %(cause)s"),
    AttemptState.REVIEW: lazy("The outcome is not known: %(cause)s"),
    AttemptState.NOT_EXECUTED: lazy("BitTitan holds no coupon for it: %(cause)s"),
    AttemptState.SUCCEEDED: lazy("A coupon was issued: %(cause)s"),
}

_PLAIN = {
    AttemptState.REFUSED: lazy("BitTitan refused"),
    AttemptState.NOT_SENT: lazy("It could not be sent"),
    AttemptState.RESERVED: lazy("It waits to be sent"),
    AttemptState.SENDING: lazy("It is being sent"),
    AttemptState.UNKNOWN: lazy("It may have been carried out"),
    AttemptState.REVIEW: lazy("The outcome is not known"),
    AttemptState.NOT_EXECUTED: lazy("BitTitan holds no coupon for it"),
    AttemptState.SUCCEEDED: lazy("A coupon was issued"),
}


def cause_words(cause: str | None) -> str:
    """Returns the text of a cause; a code that the portal does not know is shown as it is."""
    return str(CAUSES.get(cause, cause or ""))


def cause_sentence(attempt: Attempt) -> str:
    """For staff; without a full stop."""
    if has_issued_another(attempt.state, attempt.cause):
        return _("BitTitan issued another coupon than was requested")
    if attempt.was_attested:
        return _("A person attested that BitTitan issued no coupon")
    if attempt.state is AttemptState.SUCCEEDED or not attempt.cause:
        return str(_PLAIN[attempt.state])
    return str(_ENDINGS[attempt.state]) % {"cause": cause_words(attempt.cause)}


def cause_name(cause: str | None) -> str:
    """Returns the cause as the name of a group, with a capital letter."""
    if cause == NO_ATTEMPT:
        return _("Nothing was sent yet")
    words = cause_words(cause) if cause != NO_CAUSE else _("no reason on record")
    return words[:1].upper() + words[1:]


def group_ending(state: AttemptState | None, cause: str) -> str:
    """Returns the text under the name of a group."""
    if has_issued_another(state, cause):
        return _("BitTitan’s coupon is in the surplus register")
    if state is AttemptState.NOT_EXECUTED:
        return _("Not bought, or a person attested that")
    return str(_PLAIN[state]) if state else _("Imported without a code")


def group_help(cause: str, state: AttemptState | None) -> str:
    """Returns what helps all assets that failed for this cause. `state` is how their attempts ended."""
    if words := _GROUP_HELP.get(cause):
        return str(words)
    if state is AttemptState.REFUSED:
        return _("Retry one first. If BitTitan refuses it again, ask BitTitan why; a refusal buys nothing.")
    if state is AttemptState.NOT_EXECUTED:
        return _("Retry all once BitTitan answers. If a person attested by mistake, a second coupon may be bought.")
    return _("Retry all once BitTitan answers; the earlier tries bought nothing.")


def what_helps(asset: Asset) -> str:
    """Returns what to do next about a failed asset."""
    cause = asset.last_attempt.cause if asset.last_attempt else None
    if _is_spent(cause):
        return _("BitTitan issues no second coupon under its reference: cancel the asset and order again.")
    if needs_new_order(asset) and cause not in ORDER_AGAIN:
        cause = Cause.PRODUCT_SKU_NOT_FOUND
    if help_ := _HELP.get(cause):
        return str(help_)
    if asset.is_surely_unbought:
        return _("Synchronize again: the earlier try bought nothing, so nothing is bought twice.")
    return _(
        "Synchronize again if you are sure that nothing was bought before: the portal searches BitTitan first if it "
        "can, and a coupon that BitTitan does not show may be bought a second time."
    )


def brought_nothing(asset: Asset) -> str:
    """Returns what is known about the attempt that brought a failed asset no code."""
    attempt = asset.last_attempt
    if attempt.was_attested:
        return _("A person attested that BitTitan issued no coupon. The portal could not check this.")
    if not attempt.has_surely_brought_nothing:
        return _("Its code was withdrawn. No other was recorded.")
    return _("No coupon was issued for this attempt. Nothing was changed in the portal or at BitTitan.")


def has_issued_another(state: AttemptState | None, cause: str | None) -> bool:
    """Whether BitTitan issued a different coupon than the one asked for, and a person attested that the one asked for
    was not bought. The other coupon is kept."""
    return state is AttemptState.NOT_EXECUTED and cause == UNLIKE


def needs_new_order(asset: Asset) -> bool:
    """Whether no edit can help, because what was ordered cannot be bought."""
    cause = asset.last_attempt.cause if asset.last_attempt else None
    return asset.may_cancel and (cause in ORDER_AGAIN or _is_spent(cause) or asset.product.type.sku_id is None)


def _is_spent(cause: str | None) -> bool:
    """Whether the asset's reference is used up: an idempotent server returns the same coupon for it forever."""
    return cause == UNLIKE and vendor_settings.current().server == "idempotent"
