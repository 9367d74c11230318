"""One state, one word, three sentences: staff see the cause, a partner what it can do, a customer reassurance."""

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from portal.models import Asset, Attempt, SyncStatus, User
from portal.web.filters import ago, clock_time

STATUS = {
    SyncStatus.SYNCHRONIZING: lazy("Synchronizing…"),
    SyncStatus.UNCONFIRMED: lazy("Checking with BitTitan"),
    SyncStatus.REVIEW: lazy("Needs review"),
    SyncStatus.SYNCHRONIZED: lazy("Synchronized"),
    SyncStatus.FAILED: lazy("Failed"),
}

# BitTitan's error codes, and the portal's own words for what happened on the way.
CAUSES = {
    "AccountNotLinked": lazy("the account is not linked at BitTitan"),
    "CreditLimitExceeded": lazy("credit limit exceeded"),
    "Forbidden": lazy("not permitted"),
    "InvalidRequest": lazy("it did not understand the request"),
    "ProductSkuNotFound": lazy("the product is not in its service definition"),
    "QuantityOutOfRange": lazy("the quantity is over its limit"),
    "ExpireDaysOutOfRange": lazy("the days are over its limit"),
    "ValidationFailed": lazy("the request did not pass its checks"),
}


def install(app: Flask) -> None:
    app.jinja_env.filters.update(status_text=STATUS.__getitem__)
    app.jinja_env.globals.update(sync_sentence=sync_sentence, cause_sentence=cause_sentence)


def cause_sentence(attempt: Attempt) -> str:
    return _("BitTitan refused: %(cause)s", cause=CAUSES.get(attempt.cause, attempt.cause))


def sync_sentence(asset: Asset, reader: User) -> str:
    """What the badge means for this reader; empty where there is nothing to add."""
    return ""
