"""Texts for the differences of a reconciliation run, what can be done about them, and what became of them."""

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.wording.code_status import STATES
from portal.display.wording.sync_words import STATUS
from portal.models import Finding, FindingAct, FindingKind, FindingState
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.viewing.present import CurrentFinding, Moved
from portal.web.filters import number

Act, Kind, State = FindingAct, FindingKind, FindingState
_KINDS = {
    Kind.UNRECORDED: lazy("Bought, not recorded"),
    Kind.FOREIGN: lazy("Bought elsewhere"),
    Kind.NO_CODE: lazy("Asset without a code"),
    Kind.NOT_LISTED: lazy("No longer listed"),
    Kind.DIFFERS: lazy("Differs"),
    Kind.DUPLICATE: lazy("Two for one reference"),
    Kind.TWO_RECORDS: lazy("One coupon on two records"),
    Kind.UNVERIFIED: lazy("Unverified and unknown"),
}
_HINTS = {
    Kind.UNRECORDED: lazy("BitTitan issued it under one of our references, and it is not on record"),
    Kind.FOREIGN: lazy("Its reference is not one of ours. Where an asset is suggested, check both sides"),
    Kind.NO_CODE: lazy("It failed or needs review, and BitTitan shows no coupon under its reference"),
    Kind.NOT_LISTED: lazy("On record, and BitTitan does not know it any more. It may simply be redeemed or expired"),
    Kind.DIFFERS: lazy("On record, and BitTitan shows something else"),
    Kind.DUPLICATE: lazy("A further coupon under the reference of an asset that has its own"),
    Kind.TWO_RECORDS: lazy("Its code is on one record and its Id on another"),
    Kind.UNVERIFIED: lazy("Recorded by hand or from a file, and BitTitan knows no such code"),
}
_ACTS = {
    Act.RECORD: lazy("Record it"),
    Act.ATTACH: lazy("Attach it"),
    Act.RETRY: lazy("Synchronize again"),
    Act.CONFIRM: lazy("Confirm what became of it"),
    Act.CORRECT: lazy("Correct the record"),
    Act.WITHDRAW: lazy("Withdraw the code"),
    Act.SET_ASIDE: lazy("Set aside"),
}
_BY_KIND = {
    (Kind.UNRECORDED, Act.RECORD): lazy("Record what was bought"),
    (Kind.DUPLICATE, Act.RECORD): lazy("Keep the other one in the surplus register"),
    (Kind.FOREIGN, Act.ATTACH): lazy("Attach a coupon that was bought elsewhere"),
    (Kind.NO_CODE, Act.ATTACH): lazy("Attach the suggested coupon"),
    (Kind.TWO_RECORDS, Act.CORRECT): lazy("Keep the record with the code"),
}
_MEANS = {
    Act.RECORD: lazy("Each is recorded with the asset that it was bought for. What an asset does not need goes to the "
                     "surplus register. Nothing is bought."),
    Act.ATTACH: lazy("A code belongs to one asset, for ever. This cannot be undone. Nothing is bought."),
    Act.RETRY: lazy("BitTitan is asked first whether there is a coupon by now. If not, one is bought."),
    Act.CONFIRM: lazy("The code stays on record. Later news from BitTitan counts more than what is said here."),
    Act.CORRECT: lazy("Licences and days on record become what BitTitan shows. Code, asset and product stay."),
    Act.WITHDRAW: lazy("The asset loses the code. The code stays on record with its reason."),
    Act.SET_ASIDE: lazy("It comes back if one of the two sides changes."),
}  # fmt: skip
_MEANS_BY_KIND = {
    (Kind.TWO_RECORDS, Act.CORRECT): lazy(
        "The record with the code gets the coupon Id. The other one loses it and is looked up at BitTitan. Both codes "
        "stay on record."
    ),
    (Kind.DUPLICATE, Act.RECORD): lazy(
        "The asset keeps the code that it has, or gets this one if it has none. What it does not need goes to the "
        "surplus register: there it is attached to another asset, or revoked. Nothing is bought."
    ),
}
DECIDED = {Act.SET_ASIDE.value: lazy("Set aside")} | {state.value: text for state, text in STATES.items()}
"""In the history of an asset."""
_DONE = {
    Act.RECORD: lazy("Recorded"),
    Act.ATTACH: lazy("Attached"),
    Act.RETRY: lazy("Started again"),
    Act.CONFIRM: lazy("Confirmed"),
    Act.CORRECT: lazy("Corrected"),
    Act.WITHDRAW: lazy("Withdrawn"),
}


def kind_words(kind: FindingKind) -> str:
    return str(_KINDS[kind])


def kind_hint(kind: FindingKind) -> str:
    """A sentence without a full stop."""
    return str(_HINTS[kind])


def act_words(act: FindingAct | None, kind: FindingKind | None = None) -> str:
    if act is None:
        return _("Settled outside of the comparison")
    return str(_BY_KIND.get((kind, act)) or _ACTS[act])


def act_meaning(act: FindingAct, kind: FindingKind) -> str:
    return str(_MEANS_BY_KIND.get((kind, act)) or _MEANS[act])


def button(act: FindingAct, count: int, kind: FindingKind | None = None) -> str:
    """Such as: Record these 2."""
    n = number(count)
    if kind is Kind.DUPLICATE and act is Act.RECORD:
        return ngettext("Keep it on record", "Keep these %(n)s on record", count, n=n)
    texts = {
        Act.RECORD: lambda: ngettext("Record it", "Record these %(n)s", count, n=n),
        Act.ATTACH: lambda: ngettext("Attach it", "Attach these %(n)s", count, n=n),
        Act.RETRY: lambda: ngettext("Synchronize it again", "Synchronize these %(n)s again", count, n=n),
        Act.CONFIRM: lambda: ngettext("Confirm it", "Confirm these %(n)s", count, n=n),
        Act.CORRECT: lambda: ngettext("Correct it", "Correct these %(n)s", count, n=n),
        Act.WITHDRAW: lambda: ngettext("Withdraw the code", "Withdraw these %(n)s codes", count, n=n),
        Act.SET_ASIDE: lambda: ngettext("Set it aside", "Set these %(n)s aside", count, n=n),
    }
    return texts[act]()


def looked_words(count: int) -> str:
    return ngettext(
        "I have looked at both sides", "I have looked at both sides of these %(n)s", count, n=number(count)
    )  # fmt: skip


def state_words(finding: Finding) -> str:
    """The outcome in a word or two."""
    if finding.state is State.DONE:
        return str(_DONE[finding.act]) if finding.act else _("Settled meanwhile")
    if finding.state is State.SET_ASIDE and finding.case_number:
        return _("Case %(number)s", number=finding.case_number)
    return {
        State.OPEN: _("Open"), State.SET_ASIDE: _("Set aside"), State.CHOSEN: _("Being carried out"),
        State.REFUSED: _("Refused"),
    }[finding.state]  # fmt: skip


def who(finding: Finding) -> str:
    """Decided it, or settled it elsewhere."""
    return finding.decided_by.name if finding.decided_by else _("The portal")


def state_badge(finding: Finding) -> tuple[str, str]:
    """The class of its badge, and the icon."""
    return _BADGES[finding.state]


_BADGES = {
    State.OPEN: ("open", "clock"),
    State.SET_ASIDE: ("off", "off"),
    State.CHOSEN: ("synchronizing", "synchronizing"),
    State.REFUSED: ("failed", "failed"),
    State.DONE: ("synchronized", "synchronized"),
}


def subject(finding: Finding) -> str:
    """What it is about, without a code."""
    is_aimed = finding.act is Act.ATTACH or finding.state is State.DONE
    asset = finding.target if is_aimed and finding.target else finding.asset
    if asset is not None:
        return f"{asset.number}, {asset.name}"
    return coupon_words(finding)


def coupon_words(finding: Finding) -> str:
    shown = finding.shown
    if shown is not None and shown.quantity:
        return ngettext(
            "A coupon for 1 licence", "A coupon for %(n)s licences", shown.quantity, n=number(shown.quantity)
        )  # fmt: skip
    return _("A coupon")


def moved_words(moved: Moved, row: CurrentFinding) -> str:
    """What became of it meanwhile."""
    if moved is Moved.RECORDED:
        return _recorded_words(row)
    if moved is Moved.ASSET:
        status = str(STATUS[row.asset.sync_status])
        if row.asset.coupon is not None:
            mask = row.asset.coupon.mask
            return _("The asset was changed since. Now: %(status)s, with •••• %(mask)s.", status=status, mask=mask)
        return _("The asset was changed since. Now: %(status)s, without a code.", status=status)
    return choosing.present_state(row.finding)


def _recorded_words(row: CurrentFinding) -> str:
    claim = row.claims[0]
    if claim.asset_id is None:
        return _("It is in the surplus register by now, •••• %(mask)s.", mask=claim.mask)
    return _("It is on record with AS-%(id)s by now, •••• %(mask)s.", id=claim.asset_id, mask=claim.mask)
