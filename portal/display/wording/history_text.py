"""Texts for the history of an asset: its attempts and its changes."""

import json
from dataclasses import dataclass
from datetime import date

from flask import Flask

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording import STATUS, finding_wording
from portal.display.wording.cause_wording import cause_words
from portal.display.wording.code_status import STATES
from portal.models import Attempt, AttemptState, AuditEntry, Exchange, FindingKind, Lifecycle, Trigger
from portal.services.reminders import choices
from portal.web.filters import clock_time, day, licences


@dataclass(frozen=True)
class AttemptStyle:
    tone: str
    """The event's colour: positive, negative or waiting."""
    icon: str
    ending: str


@dataclass(frozen=True)
class Change:
    what: str
    before: str | None
    after: str | None
    why: str | None

    @property
    def is_from_to(self) -> bool:
        return self.before is not None


_LOOKS = {
    AttemptState.RESERVED: ("waiting", "synchronizing", lazy("waits to be sent")),
    AttemptState.SENDING: ("waiting", "synchronizing", lazy("being sent")),
    AttemptState.UNKNOWN: ("waiting", "unconfirmed", lazy("not certain, being looked up")),
    AttemptState.REVIEW: ("waiting", "review", lazy("needs review")),
    AttemptState.SUCCEEDED: ("positive", "synchronized", lazy("coupon recorded")),
    AttemptState.REFUSED: ("negative", "failed", lazy("refused")),
    AttemptState.NOT_SENT: ("negative", "failed", lazy("not sent")),
    AttemptState.NOT_EXECUTED: ("negative", "failed", lazy("not bought")),
}

_TRIGGERS = {
    Trigger.ORDER: lazy("From the order, placed by %(name)s."),
    Trigger.SAVE: lazy("Saved by %(name)s."),
    Trigger.PRESS: lazy("Synchronized again by %(name)s."),
    Trigger.BULK: lazy("From a bulk retry by %(name)s."),
    Trigger.COMMAND: lazy("From the command line by %(name)s."),
    Trigger.ATTACH: lazy("A code was attached by %(name)s."),
}

_OUTCOMES = {
    "issued": lazy("coupon issued"),
    "refused": lazy("refused"),
    "not_sent": lazy("not sent"),
    "unknown": lazy("no certain answer"),
    "found": lazy("found"),
    "absent": lazy("no coupon there"),
    "unanswered": lazy("no usable answer"),
}

_ACTS = {
    "create": lazy("Created"),
    "order": lazy("Ordered"),
    "reveal": lazy("Code revealed"),
    "attach": lazy("Code attached"),
    "confirm": lazy("Not confirmed by BitTitan"),
    "withdraw": lazy("Code withdrawn"),
    "attest": lazy("Attested: nothing was bought"),
    "cancel": lazy("Cancelled"),
    "reminders": lazy("Reminders switched on or off"),
    choices.ADDED: lazy("Address added that is told, too"),
    choices.REMOVED: lazy("Address removed that was told, too"),
    "surplus": lazy("Coupon kept as surplus"),
    "give": lazy("Surplus coupon given to another asset"),
    "move": lazy("Attached to an asset"),
    "revoke": lazy("Revocation requested"),
    "revoked": lazy("Coupon revoked"),
    "not revoked": lazy("Coupon not revoked"),
    "ask": lazy("Asked to synchronize again"),
    "add words": lazy("Added to the request"),
    "answer request": lazy("Request answered"),
    "close request": lazy("Request closed"),
    "deliver request": lazy("Request settled: the code has come"),
    "import": lazy("Imported"),
    "answer": lazy("Answered"),
    "correct": lazy("Corrected"),
    "reconcile": lazy("Decided in reconciliation"),
    "state": lazy("Confirmed what became of the code"),
    "overrule": lazy("BitTitan says otherwise by now"),
    "hand over": lazy("Link to hand over"),
}

_HANDOVERS = {
    "handover": lazy("Link made to hand over"),
    "opened": lazy("Hand-over link opened, no code shown"),
    "closed": lazy("Hand-over link closed: five PINs were wrong"),
    "revoked": lazy("Hand-over link revoked"),
}
_NAMED_BY_ACT = ("reveal", "withdraw", "surplus", "give", "revoke", "revoked", "not revoked", "state", "overrule")
"""For these acts the field alone would say too little."""

_FIELDS = {
    "name": lazy("Name"),
    "note": lazy("Note"),
    "expire_days": lazy("Expire (days)"),
    "validity_days": lazy("Validity (days)"),
    "sync_status": lazy("Sync status"),
    "lifecycle": lazy("Lifecycle"),
    "code": lazy("Coupon code"),
    "redeem_by": lazy("Redeem by"),
    "issued_at": lazy("Issued"),
    "asked_at": lazy("Asked to synchronize again"),
    "bought_before": lazy("Bought before?"),
    "at_bittitan": lazy("At BitTitan"),
    "account": lazy("Account"),
    "billed": lazy("Billed to"),
    "quantity": lazy("Licences"),
}

_VALUES = {
    "sync_status": {status.value: text for status, text in STATUS.items()},
    "bought_before": {"no": lazy("No")},
    "at_bittitan": {state.value: text for state, text in STATES.items()},
    "lifecycle": {Lifecycle.ACTIVE.value: lazy("Active"), Lifecycle.CANCELLED.value: lazy("Cancelled")},
}
_VALUES |= {kind.value: finding_wording.DECIDED for kind in FindingKind}

_DAYS = ("redeem_by", "issued_at")


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        attempt_look=attempt_look,
        attempt_story=attempt_story,
        exchange_outcome=exchange_outcome,
        change_words=change_words,
    )


def attempt_look(attempt: Attempt) -> AttemptStyle:
    tone, icon, ending = _LOOKS[attempt.state]
    return AttemptStyle(tone, icon, _("attested as not bought") if attempt.was_attested else str(ending))


def attempt_story(attempt: Attempt) -> str:
    """Returns who began the attempt, what was asked for, and how often it was sent."""
    name = attempt.requested_by.name if attempt.requested_by else _("the portal")
    parts = [str(_TRIGGERS[attempt.trigger]) % {"name": name}]
    if request_text := _request_text(attempt):
        parts.append(request_text)
    if attempt.last_sent_at is None and attempt.trigger is not Trigger.ATTACH:
        parts.append(_("Nothing has been sent yet.") if attempt.is_open else _("Nothing was sent."))
    elif attempt.send_number > 1:
        sent = clock_time(attempt.last_sent_at)
        parts.append(_("Tried %(count)s times, last at %(time)s.", count=attempt.send_number, time=sent))
    return " ".join(parts)


def exchange_outcome(exchange: Exchange) -> str:
    return str(_OUTCOMES.get(exchange.outcome, exchange.outcome))


def change_words(entry: AuditEntry) -> Change:
    texts = _VALUES.get(entry.field or "", {})
    field = "" if entry.act in _NAMED_BY_ACT else entry.field or ""
    handover = _HANDOVERS.get(field) if entry.act == "hand over" else None
    what = handover or _FIELDS.get(field) or _ACTS.get(entry.act) or entry.act.capitalize()
    before, after = (_value(entry.field, value, texts) for value in (entry.before, entry.after))
    is_cause = entry.field == "sync_status" and entry.act == "sync" and entry.why
    is_cause = is_cause or entry.act == "not revoked"
    return Change(str(what), before, after, cause_words(entry.why) if is_cause else entry.why)


def _value(field: str | None, value: str | None, texts: dict) -> str | None:
    if value is None:
        return None
    if field in _DAYS:
        return day(date.fromisoformat(value[:10])).striptags()
    return str(texts.get(value, value))


def _request_text(attempt: Attempt) -> str:
    """Returns quantity and days of the payload, as they were sent."""
    try:
        payload = json.loads(attempt.payload)
    except ValueError:  # a code was attached: nothing was requested
        return ""
    if "Quantity" not in payload:
        return ""
    return _(
        "Requested %(licences)s, redeemable for %(expire)s days, usable for %(validity)s days.",
        licences=licences(payload["Quantity"]),
        expire=payload.get("ExpireDays"),
        validity=payload.get("ValidityDays"),
    )
