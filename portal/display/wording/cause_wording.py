"""Why an attempt ended as it did, and what helps, in words: BitTitan's own codes and what happened on the way."""

from portal.extensions import settings
from portal.models import Asset, Attempt, AttemptState
from portal.services.lists.list_filters import NO_ATTEMPT, NO_CAUSE
from portal.web.language import gettext as _
from portal.web.language import lazy

# Each continues a sentence: "BitTitan refused: …", "Not sent: …", "The answer was lost: …".
CAUSES = {
    "AccountNotLinked": lazy("the billed account is not linked at BitTitan"),
    "CouponNotFound": lazy("it knows no such coupon"),
    "CouponRedeemed": lazy("the coupon is redeemed already"),
    "CreditLimitExceeded": lazy("credit limit exceeded"),
    "ExpireDaysOutOfRange": lazy("the expire days are over its limit"),
    "Forbidden": lazy("not permitted"),
    "InvalidRequest": lazy("it did not understand the request"),
    "NotSupported": lazy("it does not offer that"),
    "ProductSkuNotFound": lazy("the product is not in its service definition"),
    "QuantityOutOfRange": lazy("the quantity is over its limit"),
    "ValidationFailed": lazy("the request did not pass its checks"),
    "DeadlinePassed": lazy("it came too late to be begun"),
    "InternalError": lazy("BitTitan had a fault of its own"),
    "Maintenance": lazy("BitTitan is under maintenance"),
    "RateLimited": lazy("BitTitan asked for a pause"),
    "ReferenceReused": lazy("BitTitan holds another request under this reference"),
    "RequestInProgress": lazy("BitTitan is still working on an earlier request"),
    "SignInFailed": lazy("BitTitan does not accept our sign-in"),
    "TicketExpired": lazy("our sign-in had run out"),
    "TicketInvalid": lazy("our sign-in was not accepted"),
    "Broken": lazy("the portal had a fault of its own"),
    "KeepsChanging": lazy("its list changed too fast to be read as a whole"),
    "ListNotAll": lazy("its list does not show coupons that it holds as active"),
    "TakenOver": lazy("another process has taken over"),
    "AnswerTooLarge": lazy("the answer was too large to be one"),
    "ConnectTimedOut": lazy("nobody answered at BitTitan’s address"),
    "ConnectionLost": lazy("the connection broke before an answer came"),
    "ConnectionRefused": lazy("the connection was refused"),
    "NameNotFound": lazy("BitTitan’s address was not found"),
    "NeverFound": lazy("looked up for days, never found"),
    "Stuck": lazy("nobody went on with it, and the portal does not know why"),
    "TimedOut": lazy("no answer within the time"),
    "TlsFailed": lazy("no secure connection could be made"),
    "CodeKnown": lazy("the coupon’s code is recorded already, with another asset"),
    "CodeNotConfirmed": lazy("BitTitan lists something else than it answered the purchase with"),
    "NotAsAsked": lazy("the coupon is not what was asked for"),
    "OtherOrganization": lazy("the sign-in belongs to another BitTitan organisation"),
    "SenderLost": lazy("the process that sent it ended before the answer came"),
    "Unnamed": lazy("it gave a reason that is not shown, because it looks like a coupon’s code"),
    "UnexpectedAnswer": lazy("the answer was not one that BitTitan gives"),
    "TooLate": lazy("there was not enough time left to send it"),
}

DAYS_MEND = ("ExpireDaysOutOfRange", "ValidationFailed")
ORDER_AGAIN = ("QuantityOutOfRange", "ProductSkuNotFound")
UNLIKE = "NotAsAsked"

_HELP = {
    "AccountNotLinked": lazy("Synchronize the billed account with BitTitan, then synchronize again."),
    "CreditLimitExceeded": lazy("Raise the limit with BitTitan, then synchronize again."),
    "ExpireDaysOutOfRange": lazy("Edit the asset, choose fewer days and save."),
    "ValidationFailed": lazy("Edit the asset, check its days and save."),
    "Forbidden": lazy("Ask BitTitan whether your organisation may buy this, then synchronize again."),
    "ProductSkuNotFound": lazy("No change of the days can mend this. Cancel the asset and order another product."),
    "QuantityOutOfRange": lazy("No change of the days can mend this. Cancel the asset and order fewer licences."),
    UNLIKE: lazy("Once its coupon is revoked in the surplus register, synchronize again."),
}

# For many assets at once.
_GROUP_HELP = {
    "AccountNotLinked": lazy("Correct the billed account’s BitTitan e-mail and look it up, then retry all."),
    "CreditLimitExceeded": lazy("Raise the limit with BitTitan, then retry all."),
    "ExpireDaysOutOfRange": lazy("Set fewer expire days for all of them, and retry."),
    "ValidationFailed": lazy("Set expire days that BitTitan takes for all of them, and retry."),
    "Forbidden": lazy("Ask BitTitan whether your organisation may buy this, then retry all."),
    "ProductSkuNotFound": lazy("If BitTitan offers the product again, retry. Otherwise cancel and order another."),
    "QuantityOutOfRange": lazy("A retry cannot mend this: cancel these and order fewer licences each."),
    UNLIKE: lazy("Revoke their coupons in the surplus register, then retry all."),
    NO_ATTEMPT: lazy("Imported without a code. Look for their codes first: a retry buys new ones."),
}

_ENDINGS = {
    AttemptState.REFUSED: lazy("BitTitan refused: %(cause)s"),
    AttemptState.NOT_SENT: lazy("It could not be sent: %(cause)s"),
    AttemptState.RESERVED: lazy("It could not be sent yet: %(cause)s"),
    AttemptState.SENDING: lazy("It is being sent: %(cause)s"),
    AttemptState.UNKNOWN: lazy("It may have been carried out: %(cause)s"),
    AttemptState.REVIEW: lazy("It could not be found out: %(cause)s"),
    AttemptState.NOT_EXECUTED: lazy("BitTitan holds no coupon for it: %(cause)s"),
    AttemptState.SUCCEEDED: lazy("A coupon was issued: %(cause)s"),
}

_PLAIN = {
    AttemptState.REFUSED: lazy("BitTitan refused"),
    AttemptState.NOT_SENT: lazy("It could not be sent"),
    AttemptState.RESERVED: lazy("It waits to be sent"),
    AttemptState.SENDING: lazy("It is being sent"),
    AttemptState.UNKNOWN: lazy("It may have been carried out"),
    AttemptState.REVIEW: lazy("It could not be found out"),
    AttemptState.NOT_EXECUTED: lazy("BitTitan holds no coupon for it"),
    AttemptState.SUCCEEDED: lazy("A coupon was issued"),
}


def cause_words(cause: str | None) -> str:
    """BitTitan may invent words of its own: they are shown as they are."""
    return str(CAUSES.get(cause, cause or ""))


def cause_sentence(attempt: Attempt) -> str:
    """For the staff, without a full stop."""
    if has_issued_another(attempt.state, attempt.cause):
        return _("BitTitan issued another coupon than was asked for")
    if attempt.was_attested:
        return _("A person attested that BitTitan issued no coupon")
    if attempt.state is AttemptState.SUCCEEDED or not attempt.cause:
        return str(_PLAIN[attempt.state])
    return str(_ENDINGS[attempt.state]) % {"cause": cause_words(attempt.cause)}


def cause_name(cause: str | None) -> str:
    """As the name of a group, beginning with a capital letter."""
    if cause == NO_ATTEMPT:
        return _("Nothing was sent yet")
    words = cause_words(cause) if cause != NO_CAUSE else _("no reason on record")
    return words[:1].upper() + words[1:]


def group_ending(state: AttemptState | None, cause: str) -> str:
    """Under the name of a group."""
    if has_issued_another(state, cause):
        return _("What BitTitan issued stands in the surplus register")
    if state is AttemptState.NOT_EXECUTED:
        return _("Found not executed, or attested so by a person")
    return str(_PLAIN[state]) if state else _("Imported without a code")


def group_help(cause: str, state: AttemptState | None) -> str:
    """What helps all assets that failed for this reason; `state`: how their attempts ended."""
    if words := _GROUP_HELP.get(cause):
        return str(words)
    if state is AttemptState.REFUSED:
        return _("Retry one first. If BitTitan refuses it again, ask BitTitan why; a refusal buys nothing.")
    if state is AttemptState.NOT_EXECUTED:
        return _("Retry all once BitTitan answers. What a person attested by mistake may be bought a second time.")
    return _("Retry all once BitTitan answers; the earlier tries bought nothing.")


def what_helps(asset: Asset) -> str:
    """For a failed asset: what to do next."""
    cause = asset.last_attempt.cause if asset.last_attempt else None
    if _is_spent(cause):
        return _("BitTitan issues no second coupon under its reference: cancel the asset and order again.")
    if needs_new_order(asset) and cause not in ORDER_AGAIN:
        cause = "ProductSkuNotFound"
    if help_ := _HELP.get(cause):
        return str(help_)
    if asset.is_surely_unbought:
        return _("Synchronize again: the earlier try bought nothing, so nothing is bought twice.")
    return _(
        "Synchronize again if you are sure that nothing was bought before: BitTitan is searched first where it can be, "
        "and what it does not show may be bought a second time."
    )


def brought_nothing(asset: Asset) -> str:
    """For a failed asset: what is known of the attempt that brought it no code."""
    attempt = asset.last_attempt
    if attempt.was_attested:
        return _("That no coupon was issued is a person’s word; the portal itself does not know.")
    if not attempt.has_surely_brought_nothing:
        return _("Its code was withdrawn. No other was recorded.")
    return _("No coupon was issued for this attempt and nothing was changed, here or there.")


def has_issued_another(state: AttemptState | None, cause: str | None) -> bool:
    """A person attested that nothing was bought that was asked for; something else was, and is kept."""
    return state is AttemptState.NOT_EXECUTED and cause == UNLIKE


def needs_new_order(asset: Asset) -> bool:
    """No edit can mend it: what was ordered cannot be bought."""
    cause = asset.last_attempt.cause if asset.last_attempt else None
    return asset.may_cancel and (cause in ORDER_AGAIN or _is_spent(cause) or asset.product.type.sku_id is None)


def _is_spent(cause: str | None) -> bool:
    """Its reference is used up: such a server answers with the same coupon for ever."""
    return cause == UNLIKE and settings().bittitan.server == "idempotent"
