"""What speaks for a difference being what it seems, and what against: met, not met, or not known. No percentage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.reconciliation.both_sides import goes_to_surplus
from portal.models import FindingKind, FindingState, ReconciliationSource
from portal.services.reconciliation.matching import suggestions
from portal.services.reconciliation.viewing.present import Present
from portal.web.filters import day, number

Kind = FindingKind
Word = Literal["yes", "no", "open"]
WORDS = {"yes": lazy("Yes: "), "no": lazy("No: "), "open": lazy("Not known: ")}
ICONS = {"yes": "tick", "no": "close", "open": "dash"}


@dataclass(frozen=True)
class Sign:
    word: Word
    text: str

    @property
    def spoken(self) -> str:
        return str(WORDS[self.word])

    @property
    def icon(self) -> str:
        return ICONS[self.word]


def signs(row: Present) -> list[Sign]:
    """Nothing speaks for or against what is done."""
    return [] if row.finding.state is FindingState.DONE else list(_OF[row.finding.kind](row))


def _sign(met: bool | None, yes: str, no: str, unknown: str = "") -> Sign:
    if met is None:
        return Sign("open", unknown)
    return Sign("yes", yes) if met else Sign("no", no)


def _of_reference(row: Present) -> Iterator[Sign]:
    yield Sign("yes", _("Under a reference of ours"))
    if row.asset is None:
        yield Sign("no", _("No asset here has this reference: it goes to the surplus register"))
        return
    yield _sign(not goes_to_surplus(row), _("Its asset has no code"), _("Its asset has its own code"))
    for sign in suggestions.signs(row.shown, row.asset):
        if sign.name in ("product", "quantity", "account"):
            yield _compared(row, sign)
    yield _not_recorded(row)


def _of_foreign(row: Present) -> Iterator[Sign]:
    if row.asset is not None:
        for sign in suggestions.signs(row.shown, row.asset):
            yield _compared(row, sign)
        yield _not_recorded(row)
        return
    shown, names = row.shown, row.names
    is_sold = None if shown.sku_id is None else shown.sku_id in names.products
    yield _sign(
        is_sold, _("Its product is known here"), _("Its product is not known here"), _("The product is not known")
    )  # fmt: skip
    is_ours = None if shown.organization_id is None else shown.organization_id in names.organizations
    yield _sign(
        is_ours, _("Its organisation is an account here"), _("Its organisation is no account here"),
        _("The organisation is not known"),
    )  # fmt: skip
    yield _fitting(row, _("No asset without a code fits"), _("%(n)s possible: nothing tells them apart"))
    yield _not_recorded(row)


def _of_no_code(row: Present) -> Iterator[Sign]:
    yield Sign("yes", _("The asset has no code"))
    if row.finding.counterpart is None:
        yield Sign("yes", _("BitTitan shows no coupon under its reference"))
        yield _fitting(
            row, _("No coupon that was bought elsewhere fits"), _("%(n)s possible: nothing tells them apart")
        )
        return
    for sign in suggestions.signs(row.shown, row.asset):
        yield _compared(row, sign)
    yield _not_recorded(row)


def _of_not_listed(row: Present) -> Iterator[Sign]:
    if row.run.source is ReconciliationSource.FILE:
        yield Sign("yes", _("It is not in the file"))
        yield Sign("open", _("BitTitan was not asked for it"))
    else:
        yield Sign("yes", _("It is not in BitTitan’s list"))
        yield Sign("yes", _("BitTitan was asked for it alone and knows no such coupon"))
    record = row.record
    if record is None:
        return
    yield _sign(record.is_confirmed, _("BitTitan has shown it before"), _("BitTitan has never shown it"))
    expired = None if record.expires_at is None else clock.day_of(record.expires_at) < clock.today()
    when = record.expires_at and day(record.expires_at).striptags()
    yield _sign(
        expired, _("By our own date it expired on %(day)s", day=when),
        _("By our own date it can be redeemed until %(day)s", day=when), _("Its last day is not known"),
    )  # fmt: skip


def _of_difference(row: Present) -> Iterator[Sign]:
    found = row.finding.fields
    for name, (yes, no) in _FIELDS.items():
        yield _sign(name not in found, str(yes), str(no))


def _of_two_records(row: Present) -> Iterator[Sign]:
    if row.finding.coupon is not None:
        yield Sign("yes", _("Its code is on one record"))
    other = row.with_id
    yield _sign(other is None, _("No other record has its Id"), _("Its Id is on another record"))
    if other is not None:
        yes, no = _("BitTitan has never confirmed the other record"), _("BitTitan has confirmed the other record, too")
        yield _sign(not other.is_confirmed, yes, no)


def _of_unverified(row: Present) -> Iterator[Sign]:
    yield Sign("yes", _("It was recorded by hand or from a file"))
    yield Sign("yes", _("BitTitan has never verified it"))
    yield Sign("yes", _("BitTitan was asked and knows no such code"))


def _compared(row: Present, sign: suggestions.Sign) -> Sign:
    yes, no, unknown = _SIGNS[sign.name]
    is_known = sign.there is not None or sign.name == "reference"
    text = _sign(sign.fits if is_known else None, str(yes), str(no), str(unknown))
    if text.word == "no" and sign.name == "quantity":
        told = {"here": number(sign.here), "there": number(sign.there)}
        return Sign("no", _("Licences differ: %(here)s here, %(there)s at BitTitan", **told))
    if text.word == "no" and sign.name == "day":
        told = {"here": day(sign.here).striptags(), "there": day(sign.there).striptags()}
        return Sign("no", _("Days differ: bought %(here)s, issued %(there)s", **told))
    return text


def _not_recorded(row: Present) -> Sign:
    return _sign(not row.claims, _("Not recorded anywhere else"), _("It is on record by now"))


def _fitting(row: Present, none: str, several: str) -> Sign:
    number_of = row.finding.candidates
    return Sign("no", none) if not number_of else Sign("open", several % {"n": number(number_of)})


_SIGNS = {
    "product": (lazy("Same product"), lazy("Another product"), lazy("The product is not known")),
    "quantity": (lazy("Same number of licences"), "", lazy("The number of licences is not known")),
    "account": (lazy("Same billed account"), lazy("Another billed account"), lazy("The organisation is not known")),
    "day": (lazy("Bought within a day"), "", lazy("The day of issue is not known")),
    "reference": (lazy("Same reference"), lazy("Not under the reference of this asset"), ""),
}
_FIELDS = {
    "code": (lazy("Same code"), lazy("Another code")),
    "id": (lazy("Same coupon Id"), lazy("Another coupon Id")),
    "reference": (lazy("Same reference"), lazy("Another reference")),
    "product": (lazy("Same product"), lazy("Another product")),
    "organisation": (lazy("Same organisation"), lazy("Another organisation")),
    "quantity": (lazy("Same number of licences"), lazy("Another number of licences")),
    "expiry": (lazy("Same last day"), lazy("Another last day")),
}
_OF: dict[FindingKind, Callable[[Present], Iterator[Sign]]] = {
    Kind.UNRECORDED: _of_reference,
    Kind.DUPLICATE: _of_reference,
    Kind.FOREIGN: _of_foreign,
    Kind.NO_CODE: _of_no_code,
    Kind.NOT_LISTED: _of_not_listed,
    Kind.DIFFERS: _of_difference,
    Kind.TWO_RECORDS: _of_two_records,
    Kind.UNVERIFIED: _of_unverified,
}
