"""What speaks for a difference being what it seems, and what against: met, not met, or not known. No percentage."""

from collections.abc import Callable, Iterator

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.reconciliation import suggestion_signs
from portal.display.reconciliation.both_sides import goes_to_surplus
from portal.display.reconciliation.suggestion_signs import Sign, sign
from portal.models import FindingKind, FindingState, ReconciliationSource
from portal.services.reconciliation.viewing.present import CurrentFinding
from portal.web.filters import day, number

Kind = FindingKind


def signs(row: CurrentFinding) -> list[Sign]:
    """Nothing speaks for or against what is done."""
    return [] if row.finding.state is FindingState.DONE else list(_OF[row.finding.kind](row))


def _of_reference(row: CurrentFinding) -> Iterator[Sign]:
    yield Sign("yes", _("Under a reference of ours"))
    if row.asset is None:
        yield Sign("no", _("No asset here has this reference: it goes to the surplus register"))
        return
    yield sign(not goes_to_surplus(row), _("Its asset has no code"), _("Its asset has its own code"))
    yield from suggestion_signs.of_pair(row.shown, row.asset, suggestion_signs.CONTENT)
    yield _not_recorded(row)


def _of_foreign(row: CurrentFinding) -> Iterator[Sign]:
    if row.asset is not None:
        yield from suggestion_signs.of_pair(row.shown, row.asset)
        yield _not_recorded(row)
        return
    yield from suggestion_signs.of_coupon(row.shown, row.names)
    yield _fitting(row, suggestion_signs.no_asset())
    yield _not_recorded(row)


def _of_no_code(row: CurrentFinding) -> Iterator[Sign]:
    yield Sign("yes", _("The asset has no code"))
    if row.finding.counterpart is None:
        yield Sign("yes", _("BitTitan shows no coupon under its reference"))
        yield _fitting(row, Sign("no", _("No coupon that was bought elsewhere fits")))
        return
    yield from suggestion_signs.of_pair(row.shown, row.asset)
    yield _not_recorded(row)


def _of_not_listed(row: CurrentFinding) -> Iterator[Sign]:
    if row.run.source is ReconciliationSource.FILE:
        yield Sign("yes", _("It is not in the file"))
        yield Sign("open", _("BitTitan was not asked for it"))
    else:
        yield Sign("yes", _("It is not in BitTitan’s list"))
        yield Sign("yes", _("BitTitan was asked for it alone and knows no such coupon"))
    record = row.record
    if record is None:
        return
    yield sign(record.is_confirmed, _("BitTitan has shown it before"), _("BitTitan has never shown it"))
    expired = None if record.expires_at is None else clock.day_of(record.expires_at) < clock.today()
    when = record.expires_at and day(record.expires_at).striptags()
    yield sign(
        expired, _("By our own date it expired on %(day)s", day=when),
        _("By our own date it can be redeemed until %(day)s", day=when), _("Its last day is not known"),
    )  # fmt: skip


def _of_difference(row: CurrentFinding) -> Iterator[Sign]:
    found = row.finding.fields
    for name, (yes, no) in _FIELDS.items():
        yield sign(name not in found, str(yes), str(no))


def _of_two_records(row: CurrentFinding) -> Iterator[Sign]:
    if row.finding.coupon is not None:
        yield Sign("yes", _("Its code is on one record"))
    other = row.with_id
    yield sign(other is None, _("No other record has its Id"), _("Its Id is on another record"))
    if other is not None:
        yes, no = _("BitTitan has never confirmed the other record"), _("BitTitan has confirmed the other record, too")
        yield sign(not other.is_confirmed, yes, no)


def _of_unverified(row: CurrentFinding) -> Iterator[Sign]:
    yield Sign("yes", _("It was recorded by hand or from a file"))
    yield Sign("yes", _("BitTitan has never verified it"))
    yield Sign("yes", _("BitTitan was asked and knows no such code"))


def _not_recorded(row: CurrentFinding) -> Sign:
    return sign(not row.claims, _("Not recorded anywhere else"), _("It is on record by now"))


def _fitting(row: CurrentFinding, none: Sign) -> Sign:
    possible = row.finding.candidates
    return Sign("open", _("%(n)s possible: nothing tells them apart", n=number(possible))) if possible else none


_FIELDS = {
    "code": (lazy("Same code"), lazy("Another code")),
    "id": (lazy("Same coupon Id"), lazy("Another coupon Id")),
    "reference": (lazy("Same reference"), lazy("Another reference")),
    "product": (lazy("Same product"), lazy("Another product")),
    "organisation": (lazy("Same organisation"), lazy("Another organisation")),
    "quantity": (lazy("Same number of licences"), lazy("Another number of licences")),
    "expiry": (lazy("Same last day"), lazy("Another last day")),
}
_OF: dict[FindingKind, Callable[[CurrentFinding], Iterator[Sign]]] = {
    Kind.UNRECORDED: _of_reference,
    Kind.DUPLICATE: _of_reference,
    Kind.FOREIGN: _of_foreign,
    Kind.NO_CODE: _of_no_code,
    Kind.NOT_LISTED: _of_not_listed,
    Kind.DIFFERS: _of_difference,
    Kind.TWO_RECORDS: _of_two_records,
    Kind.UNVERIFIED: _of_unverified,
}
