"""Each sentence about money, for each viewer, against what is really known: each state × where it came from.

What is known stands in this table, not in the code. Nothing may be said that is not true beyond a person's word.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.models import AttemptState, Coupon, Lifecycle

pytestmark = pytest.mark.sqlite  # what a state says is decided in templates: once is enough
NOW = datetime.now(UTC)
IMPORTED = {"imported_at": NOW}
NOT_EXECUTED = {"state": AttemptState.NOT_EXECUTED, "cause": "NeverFound"}
UNVERIFIED = {
    "is_verified": False,
    "confirmed_at": None,
    "bittitan_id": None,
    "status": None,
    "read_at": None,
    "reference": None,
}
BY_HAND = object()
"""The person who settled it."""

FREE, CODE, OPEN = "nothing was bought", "the code can be redeemed", "neither is known"
CASES = {
    # the name: status, columns of the asset, of its last attempt, of its coupon; and what is known
    "refused": ("failed", {}, {}, {}, FREE),
    "not sent": ("failed", {}, {"state": AttemptState.NOT_SENT}, {}, FREE),
    "looked up twice": ("failed", {}, NOT_EXECUTED, {}, FREE),
    "refused after a look": ("failed", {"attempts": 2}, {"looked_first_at": NOW}, {}, FREE),
    "refused without a look": ("failed", {"attempts": 2}, {}, {}, OPEN),
    "attested": ("failed", {}, NOT_EXECUTED | {"settled_by_id": BY_HAND, "reason": "Said so"}, {}, OPEN),
    "another was issued": ("failed", {}, NOT_EXECUTED | {"settled_by_id": BY_HAND, "cause": "NotAsAsked"}, {}, OPEN),
    "imported without a code": ("failed", IMPORTED | {"attempts": 0}, {}, {}, OPEN),
    "imported, then refused": ("failed", IMPORTED, {}, {}, OPEN),
    "imported, withdrawn": ("review", IMPORTED | {"attempts": 0}, {}, {}, OPEN),
    "in review": ("review", {}, {}, {}, OPEN),
    "unconfirmed": ("unconfirmed", {}, {}, {}, OPEN),
    "synchronizing": ("synchronizing", {}, {}, {}, OPEN),
    "cancelled": ("failed", {"lifecycle": Lifecycle.CANCELLED}, {}, {}, FREE),
    "imported, cancelled": ("failed", IMPORTED | {"attempts": 0, "lifecycle": Lifecycle.CANCELLED}, {}, {}, OPEN),
    "bought": ("synchronized", {}, {}, {}, CODE),
    "restored": ("synchronized", {"attempts": 0}, {}, {}, CODE),
    "attached, verified": ("synchronized", {"attempts": 1}, {"state": AttemptState.REFUSED}, {}, CODE),
    "attached, unverified": ("synchronized", {}, {"state": AttemptState.REFUSED}, UNVERIFIED, OPEN),
    "imported with a code": ("synchronized", IMPORTED | {"attempts": 0}, {}, UNVERIFIED | {"recorded_at": NOW}, OPEN),
    "redeemed": ("synchronized", {}, {}, {"redeemed_at": NOW, "status": "Redeemed"}, OPEN),
    "revoked at BitTitan": ("synchronized", {}, {}, {"status": "Revoked"}, OPEN),
    "run out": ("synchronized", {"purchased_on": (NOW - timedelta(days=400)).date()}, {}, {"status": "Expired"}, OPEN),
    "revoked and cancelled": ("synchronized", {"lifecycle": Lifecycle.CANCELLED}, {}, {"status": "Revoked"}, OPEN),
}

IS_FREE = re.compile(
    r"nothing (was|is) charged|you pay once|bought nothing|"
    r"no coupon was issued(?! is a person’s word| for this attempt)|"
    r"(?<!attested that )BitTitan issued no coupon|BitTitan holds no coupon|before BitTitan issued one",
    re.IGNORECASE,
)
IS_GOOD = re.compile(r"worth money|ready (for you )?to redeem", re.IGNORECASE)
READERS = {"dana": "bss", "paula": "storefront", "carl": "storefront"}


def made(world, case: str):
    status, asset, attempt, coupon, _ = CASES[case]
    attempt = {key: world.dora.id if value is BY_HAND else value for key, value in attempt.items()}
    row = world.asset(status, name=case, attempt=attempt, **asset)
    if coupon:
        with world.transaction():
            found = Coupon.query.filter_by(asset_id=row.id).one()
            for name, value in coupon.items():
                setattr(found, name, value)
    return row


def claims(text: str) -> set[str]:
    return {name for name, words in ((FREE, IS_FREE), (CODE, IS_GOOD)) if words.search(text)}


def test_no_reader_is_told_what_is_not_known(world, browse):
    rows = {case: made(world, case) for case in CASES}
    faults = []
    for nick, area in READERS.items():
        person = browse(nick)
        for case, row in rows.items():
            pages = [person.open(f"{area}.assets.show", asset_id=row.id)]
            if nick == "dana":
                pages += [person.open(f"bss.assets.{act}", asset_id=row.id) for act in ("cancel", "review", "attach")]
            for page in pages:
                said = claims(page.text) - {CASES[case][-1]}
                faults += [f"{nick} at {page.url}, {case}: {each}" for each in said]
        listed = person.open(f"{area}.assets.index")
        for line in listed.rows:
            case = max((each for each in CASES if line.startswith(each) or f" {each}AS-" in line), key=len, default="")
            said = claims(line) - {CASES[case][-1] if case else ""}
            faults += [f"{nick} in the list, {line}: {each}" for each in said]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("case", "nick"), [("refused", "carl"), ("refused", "paula"), ("bought", "carl")])
def test_what_is_known_is_still_said(world, browse, case, nick):
    """To be silent about everything would be true as well."""
    page = browse(nick).open("storefront.assets.show", asset_id=made(world, case).id)
    assert claims(page.text) == {CASES[case][-1]}


def test_tiles_and_groups_claim_nothing_of_what_they_count(world, browse):
    for case in CASES:
        made(world, case)
    for nick, endpoint in (("dana", "bss.index"), ("paula", "storefront.index"), ("carl", "storefront.index")):
        page = browse(nick).open(endpoint)
        assert claims(page.text) == set(), page.text
