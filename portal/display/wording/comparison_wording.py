"""Texts for the findings of a comparison with BitTitan."""

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.cause_wording import cause_words
from portal.models import ComparisonRun
from portal.providers.causes import Cause
from portal.services.reconciliation.compare import DIFFERS, NO_ASSET, NOT_KNOWN, UNRECORDED
from portal.services.reconciliation.runs import STUCK

_FOUND = {
    NO_ASSET: lazy("Under %(reference)s, a reference of ours that no asset has"),
    UNRECORDED: lazy("Under %(reference)s, the reference of AS-%(asset_id)s, but not on record"),
    DIFFERS: lazy("Under %(reference)s, with another code, Id, reference or content than is on record"),
    NOT_KNOWN: lazy("On record with AS-%(asset_id)s under %(reference)s, but BitTitan does not know it"),
}
_STUCK = lazy("AS-%(asset_id)s under %(reference)s is stuck: it has not ended, and no next step is planned")
_JOB_STUCK = lazy("A job is not being done")
_STRAY_NOT_KNOWN = lazy("In the surplus register under %(reference)s, but BitTitan does not know it")
_DONE = {
    "recorded": lazy("looked up, and recorded now"),
    "surplus": lazy("looked up, and in the surplus register now"),
    "review": lazy("looked up, and kept with the asset for a review"),
}


def finding_words(finding: dict) -> str:
    """Returns the finding without a full stop; it never contains a code."""
    if finding["kind"] == STUCK:
        words = str(_STUCK if finding["asset_id"] else _JOB_STUCK) % finding
        return f"{words}: {finding['what'].rstrip('.')}"
    is_stray = finding["kind"] == NOT_KNOWN and finding["asset_id"] is None
    text = _STRAY_NOT_KNOWN if is_stray else _FOUND[finding["kind"]]
    words = str(text) % {**finding, "reference": finding["reference"] or finding["coupon_id"]}
    return f"{words}: {_DONE[finding['done']]}" if finding.get("done") else words


def finding_sentence(finding: dict) -> str:
    return f"{finding_words(finding)}."


def incomplete_sentence(run: ComparisonRun) -> str:
    if run.cause == Cause.NOT_SUPPORTED:
        return _("This server cannot be searched: whether every coupon is accounted for cannot be known.")
    return _("BitTitan did not answer everything (%(why)s), so there is no result.", why=cause_words(run.cause))
