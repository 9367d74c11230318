"""What a test of the connection found out, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.wording.cause_wording import cause_words
from portal.providers.causes import Cause
from portal.services import vendor_settings
from portal.services.connection.trial import Trial

GOOD, BAD, NOTE = "good", "bad", "note"
FAR = 60
"""Seconds by which clocks may differ without being mentioned."""

_KINDS = {
    "searchable": lazy("Searchable: coupons can be found by their reference"),
    "idempotent": lazy("Idempotent: a repeated request returns the same coupon"),
    "blind": lazy("Blind: coupons cannot be looked up; a person decides uncertain cases"),
}
_SIGN_IN = {
    Cause.NAME_NOT_FOUND: lazy("The address was not found in the DNS. Check its spelling."),
    Cause.CONNECTION_REFUSED: lazy("Nothing listens at this address. Check the host and the port."),
    Cause.CONNECT_TIMED_OUT: lazy("The address does not respond. A firewall may be in the way."),
    Cause.TLS_FAILED: lazy(
        "No secure connection could be made: the certificate is not valid for this address, or the server does not "
        "speak TLS."
    ),
    Cause.CONNECTION_LOST: lazy("The connection broke before an answer came. Try again."),
    Cause.TIMED_OUT: lazy("The server accepted the connection, but did not answer in time."),
    Cause.SIGN_IN_FAILED: lazy("The server answers, but refuses this e-mail address and password."),
    Cause.UNEXPECTED_ANSWER: lazy("Something answers there, but not as BitTitan’s API does. Check the address."),
    Cause.MAINTENANCE: lazy("BitTitan is under maintenance. Try again later."),
    Cause.RATE_LIMITED: lazy("BitTitan asks for a pause. Try again later."),
}


@dataclass(frozen=True)
class Step:
    name: str
    result: str
    """GOOD, BAD, or NOTE for what cannot be tested."""
    sentence: str


def kinds() -> dict[str, str]:
    return {kind: str(text) for kind, text in _KINDS.items()}


def steps(trial: Trial) -> list[Step]:
    """What was tried, in this order, up to the first thing that makes the rest pointless."""
    return list(_steps(trial))


def _steps(trial: Trial) -> Iterator[Step]:
    if trial.cause is not None:
        yield Step(_("Sign-in"), BAD, _sign_in(trial))
        return
    yield Step(_("Sign-in"), GOOD, _("The server accepts the e-mail address and the password."))
    yield _organization(trial)
    if trial.is_ours is False:
        return
    yield _definition(trial)
    yield _search(trial)
    yield _proof(trial)
    if trial.clock_offset is not None and abs(trial.clock_offset) > FAR:
        words = _("It differs from ours by %(seconds)s seconds. Purchases go on in BitTitan’s own time.",
                  seconds=abs(trial.clock_offset))  # fmt: skip
        yield Step(_("Clock"), NOTE, words)


def _sign_in(trial: Trial) -> str:
    if trial.cause == Cause.CONNECTION_REFUSED and vendor_settings.is_sandbox(trial.url):
        return _("The sandbox is not running. Start it with “flask sandbox”.")
    if sentence := _SIGN_IN.get(trial.cause):
        return str(sentence)
    return _("It was not possible to sign in: %(cause)s.", cause=cause_words(trial.cause))


def _organization(trial: Trial) -> Step:
    name = _("Organisation")
    if trial.is_ours is False:
        return Step(name, BAD, _(
            "The sign-in belongs to organisation %(id)s, and this database to another. It cannot be used here: coupons "
            "of one organisation prove nothing about the other.", id=trial.organization_id))  # fmt: skip
    if trial.is_ours is None:
        return Step(name, NOTE, _(
            "%(id)s. Once it is saved, this database belongs to it for ever.", id=trial.organization_id))  # fmt: skip
    return Step(name, GOOD, _("%(id)s, the one to which this database belongs.", id=trial.organization_id))


def _definition(trial: Trial) -> Step:
    name = _("Service definition")
    if trial.products is None:
        return Step(name, BAD, _("It cannot be read: %(cause)s.", cause=cause_words(trial.products_cause)))
    words = ngettext("It has one product type.", "It has %(num)s product types.", trial.products)
    return Step(name, GOOD if trial.products else NOTE, words)


def _search(trial: Trial) -> Step:
    name = _("Search by reference")
    if trial.can_search:
        return Step(name, GOOD, _("The server answers it."))
    if trial.can_search is False:
        return Step(name, NOTE if trial.server == "blind" else BAD, _("The server does not offer it."))
    result = NOTE if trial.server == "blind" else BAD
    return Step(name, result, _("There was no clear answer: %(cause)s.", cause=cause_words(trial.search_cause)))


def _proof(trial: Trial) -> Step:
    name = _("What it can prove")
    if trial.server == "blind":
        hint = " " + _("But this server can be searched: choose “Searchable”.") if trial.can_search else ""
        return Step(name, NOTE, _(
            "After a lost answer nothing can be looked up: such an asset needs a person’s review.") + hint)  # fmt: skip
    if not trial.fits_kind:
        return Step(name, BAD, _("Without a search it is of the kind “Blind”. Choose that, or another server."))
    if trial.server == "idempotent":
        return Step(name, NOTE, _(
            "A coupon can be found after a lost answer. Whether a repeated request returns the same coupon cannot be "
            "tested without buying: choose this only if BitTitan confirms it."))  # fmt: skip
    return Step(name, GOOD, _("After a lost answer the portal finds the coupon, or proves that there is none."))
