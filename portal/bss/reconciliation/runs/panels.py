"""The columns of each kind of difference: declared once for the head, the rows and the labels on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.i18n import lazy as _
from portal.display.wording import finding_wording
from portal.models import Finding, FindingKind
from portal.services.reconciliation.viewing.finding_list import StatusGroup

Kind = FindingKind


@dataclass(frozen=True)
class Column:
    name: str
    """Of the macro in templates/bss/reconciliation/_cells.html that draws it."""
    heading: str
    css: str = ""


@dataclass(frozen=True)
class Panel:
    kind: FindingKind
    rows: Sequence[Finding]
    columns: tuple[Column, ...]
    total: int | None
    """None while the list is searched: then nobody counts."""
    has_more: bool = False
    last_id: int | None = None
    """Of all open ones of this kind, if all of them can be looked at at once."""

    @property
    def id(self) -> str:
        return f"kind-{self.kind.value}"

    @property
    def title(self) -> str:
        return finding_wording.kind_words(self.kind)

    @property
    def hint(self) -> str:
        return finding_wording.kind_hint(self.kind)

    @property
    def has_cards(self) -> bool:
        """What was bought elsewhere is shown with all that speaks for an asset and against."""
        return self.kind is Kind.FOREIGN and not self.columns


BILLED = Column("billed", _("Billed to"), "table__text")
CODE = Column("code", _("Code"), "mask")
WORTH = Column("worth", _("Worth"), "num")
OFFERED = Column("offered", _("What is offered"), "table__text")
DECIDED = Column("decided", _("What was decided"), "table__text")
STATE = Column("state", _("State here"))
ISSUED = Column("issued", _("Issued"))
EXPIRES = Column("expires", _("Redeem by"))
RECORDED = Column("recorded", _("Recorded"))
SAID = Column("said", _("BitTitan says"), "table__text")
_COLUMNS = {
    Kind.UNRECORDED: (
        STATE, BILLED, Column("here", _("Asked for"), "num"), Column("there", _("At BitTitan"), "num table__follows"),
        ISSUED, EXPIRES, CODE,
    ),
    Kind.FOREIGN: (
        Column("product", _("Product"), "table__text"), Column("there", _("Licences"), "num"), ISSUED, EXPIRES,
    ),
    Kind.NO_CODE: (
        STATE, BILLED, Column("here", _("Licences"), "num"), Column("bought", _("Bought")), WORTH,
        Column("fits", _("Coupons that fit"), "table__text"),
    ),
    Kind.NOT_LISTED: (RECORDED, Column("redeem_by", _("Redeem by")), SAID, WORTH),
    Kind.DIFFERS: (
        BILLED, Column("own_code", _("Code"), "mask"), Column("what", _("What differs")), Column("left", _("Here")),
        Column("right", _("At BitTitan")), WORTH,
    ),
    Kind.DUPLICATE: (
        Column("reference", _("Reference"), "table__text"), Column("own", _("Recorded")),
        Column("other", _("The other one")), WORTH,
    ),
    Kind.TWO_RECORDS: (CODE, Column("bittitan_id", _("Coupon Id"), "table__text"), ISSUED, WORTH),
    Kind.UNVERIFIED: (RECORDED, Column("how", _("How it came"), "table__text"), SAID, WORTH),
}  # fmt: skip


def columns_of(kind: FindingKind, part: StatusGroup) -> tuple[Column, ...]:
    """Empty where a kind is shown as cards instead."""
    if part is StatusGroup.OPEN:
        return () if kind is Kind.FOREIGN else (*_COLUMNS[kind], OFFERED)
    return (*_COLUMNS[kind], DECIDED)
