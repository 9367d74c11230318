"""What a comparison with BitTitan found, in words."""

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from portal.models import ClearingRun
from portal.services.comparing import NO_ASSET, NOT_KNOWN, UNRECORDED
from portal.web.causes import cause_words

_FOUND = {
    NO_ASSET: lazy("Under %(reference)s, a reference of ours that no asset has"),
    UNRECORDED: lazy("Under %(reference)s, the reference of AS-%(asset_id)s, but not on record"),
    NOT_KNOWN: lazy("On record with AS-%(asset_id)s under %(reference)s, but BitTitan does not know it"),
}
_DONE = {
    "recorded": lazy("looked up, and recorded now"),
    "surplus": lazy("looked up, and in the surplus register now"),
    "review": lazy("looked up, and kept with the asset for a review"),
}
_NEXT = {
    NO_ASSET: lazy(
        "Was it bought before a backup was restored? Look it up at BitTitan by this reference, and attach its code to "
        "the asset that it belongs to, or revoke it there."
    ),
    UNRECORDED: lazy("Open the asset and attach the code, or revoke the coupon at BitTitan."),
    NOT_KNOWN: lazy("Ask BitTitan what became of it. The code stays on record."),
}


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        finding_words=finding_words, finding_next=finding_next, incomplete_sentence=incomplete_sentence
    )


def finding_words(finding: dict) -> str:
    """Without a full stop; never a code."""
    words = str(_FOUND[finding["kind"]]) % {**finding, "reference": finding["reference"] or finding["coupon_id"]}
    return f"{words}: {_DONE[finding['done']]}" if finding.get("done") else words


def finding_next(finding: dict) -> str:
    """What a person can do; empty where it has been done."""
    return "" if finding.get("done") else str(_NEXT[finding["kind"]])


def finding_sentence(finding: dict) -> str:
    return f"{finding_words(finding)}."


def incomplete_sentence(run: ClearingRun) -> str:
    if run.cause == "NotSupported":
        return _("This server cannot be searched: whether every coupon is accounted for cannot be known.")
    return _("BitTitan did not tell everything (%(why)s), so nothing is claimed.", why=cause_words(run.cause))
