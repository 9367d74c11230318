"""Reconciliation: runs, the coupons that BitTitan showed in each, and the differences that were found."""

import enum
from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.asset import Asset
from portal.models.coupon import Coupon, mask
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class ReconciliationScope(enum.Enum):
    EVERYTHING = "everything"
    TREE = "tree"
    """A partner and its customers."""
    ACCOUNT = "account"
    ASSET = "asset"
    PERIOD = "period"
    """By purchase date."""


class ReconciliationSource(enum.Enum):
    LIVE = "live"
    FILE = "file"


class ReconciliationState(enum.Enum):
    LISTING = "listing"
    """The coupons are being listed."""
    ASKING = "asking"
    """BitTitan is asked singly about what it did not list."""
    MATCHING = "matching"
    """What it showed is compared with what is on record."""
    SEARCHING = "searching"
    """Assets without a code are looked for, and what may be theirs."""
    DONE = "done"
    INCOMPLETE = "incomplete"
    """BitTitan did not answer everything, so nothing is concluded. It can go on where it was."""
    STOPPED = "stopped"


HOURLY, NIGHTLY = "hourly", "nightly"
"""Of a scheduled run."""
MOVING = (
    ReconciliationState.LISTING,
    ReconciliationState.ASKING,
    ReconciliationState.MATCHING,
    ReconciliationState.SEARCHING,
)


class ReconciliationRun(db.Model):
    """A step is written together with the position that it reached, so a run goes on where it was."""

    __tablename__ = "reconciliation_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[ReconciliationScope] = mapped_column(word(ReconciliationScope))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    source: Mapped[ReconciliationSource] = mapped_column(word(ReconciliationSource))
    file_name: Mapped[str | None] = mapped_column(String(200))
    is_whole: Mapped[bool]
    """The list holds every active coupon of the scope. Of a file, only a person can know that."""
    state: Mapped[ReconciliationState] = mapped_column(word(ReconciliationState))
    position: Mapped[int] = mapped_column(default=0)
    """The last row that the present state has dealt with."""
    listed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the last coupon that was listed so far was issued. Listing goes on there."""
    tries: Mapped[int] = mapped_column(default=0)
    """Steps in a row that BitTitan did not answer."""
    cause: Mapped[str | None] = mapped_column(String(60))
    """Why the run is incomplete."""
    counts: Mapped[dict] = mapped_column(JSON, default=dict)
    refused: Mapped[list] = mapped_column(JSON, default=list)
    """The first lines of a file that were not taken: [line, column, why]. `counts` has their number."""
    open_mark: Mapped[int | None] = mapped_column(unique=True)
    """1 while it is under way, so that only one is."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor: Mapped[str] = mapped_column(String(120))
    schedule: Mapped[str | None] = mapped_column("rhythm", String(10))
    """Of a scheduled run; None for those that somebody began."""
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account | None] = relationship(lazy="raise", viewonly=True)

    @property
    def is_moving(self) -> bool:
        return self.state in MOVING

    @property
    def is_scheduled(self) -> bool:
        return self.schedule is not None

    @property
    def may_miss(self) -> bool:
        """Whether what it was not shown is called missing: not if a line of a whole file could not be taken."""
        return self.is_whole and not self.count("refused")

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)


class ShownCoupon(db.Model):
    """A coupon as BitTitan showed it in a run. Once the run has ended, only those with a finding are kept."""

    __tablename__ = "reconciliation_coupons"
    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        Index("ix_reconciliation_coupons_code", "run_id", "code"),
        Index("ix_reconciliation_coupons_reference", "run_id", "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_runs.id"))
    key: Mapped[str] = mapped_column(String(128))
    """BitTitan's Id, or the code where a file gives no Id."""
    is_listed: Mapped[bool] = mapped_column(default=True)
    """False if it was only shown when it was asked for singly."""
    bittitan_id: Mapped[str | None] = mapped_column(String(36))
    code: Mapped[str] = mapped_column(String(128))
    reference: Mapped[str | None] = mapped_column(String(80))
    sku_id: Mapped[str | None] = mapped_column(String(36))
    organization_id: Mapped[str | None] = mapped_column(String(36))
    quantity: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(String(40))
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    fits_from: Mapped[date | None]
    fits_until: Mapped[date | None]
    """The days of purchase that fit: the day of issue, the one before and the one after."""
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    validity_days: Mapped[int | None]
    redeemed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def mask(self) -> str:
        return mask(self.code)


class FindingKind(enum.Enum):
    UNRECORDED = "unrecorded"
    """Under one of our references, and not on record."""
    FOREIGN = "foreign"
    """Bought elsewhere: its reference is not ours."""
    NO_CODE = "no-code"
    """An asset that is failed or in review."""
    NOT_LISTED = "not-listed"
    """On record, and BitTitan knows no such coupon."""
    DIFFERS = "differs"
    """On record with another content, code, Id or reference."""
    DUPLICATE = "duplicate"
    """A further coupon under the reference of an asset that has its own."""
    TWO_RECORDS = "two-records"
    """Its code is on one record and its Id on another."""
    UNVERIFIED = "unverified"
    """A code that was recorded unverified, and that BitTitan does not know."""


class FindingState(enum.Enum):
    OPEN = "open"
    SET_ASIDE = "set-aside"
    CHOSEN = "chosen"
    """A person has decided; the worker carries it out."""
    DONE = "done"
    REFUSED = "refused"
    """What was decided could not be done; `refusal` says why."""


WAITING = (FindingState.OPEN, FindingState.CHOSEN, FindingState.REFUSED)
"""Neither set aside nor dealt with."""
UNDECIDED = (FindingState.OPEN, FindingState.SET_ASIDE, FindingState.REFUSED)
"""A person may decide, also once more."""


class FindingAct(enum.Enum):
    SET_ASIDE = "set-aside"
    RECORD = "record"
    """With the asset whose reference it carries, or in the surplus register."""
    ATTACH = "attach"
    RETRY = "retry"
    CONFIRM = "confirm"
    """It is redeemed, expired, revoked or gone, as a person says."""
    CORRECT = "correct"
    """The record becomes what BitTitan shows."""
    WITHDRAW = "withdraw"


IS_CHOSEN = text("state = 'chosen'")
"""The exact text of the partial index."""


class Finding(db.Model):
    """One difference of one run: what is on record, what BitTitan showed, and what a person decided."""

    __tablename__ = "reconciliation_findings"
    __table_args__ = (
        UniqueConstraint("run_id", "subject_key"),
        Index("ix_reconciliation_findings_state", "run_id", "state", "kind", "id"),
        Index("ix_reconciliation_findings_chosen", "run_id", sqlite_where=IS_CHOSEN, postgresql_where=IS_CHOSEN),
        Index("ix_reconciliation_findings_subject_key", "subject_key", "fingerprint", "id"),
        Index("ix_reconciliation_findings_shown_id", "shown_id"),
        Index("ix_reconciliation_findings_asset_id", "asset_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_runs.id"))
    kind: Mapped[FindingKind] = mapped_column(word(FindingKind))
    subject_key: Mapped[str] = mapped_column(String(80))
    """What it is about, by which a later run knows it again. It holds no code."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of both sides. What was set aside comes back when it changes."""
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    asset_version: Mapped[int | None]
    """The asset's version when the run looked at it, or that the person saw who decided."""
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupons.id"))
    """The record that it concerns."""
    shown_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_coupons.id"))
    differences: Mapped[list] = mapped_column(JSON, default=list)
    """[field, here, at BitTitan]; of codes only the last characters."""
    candidates: Mapped[int] = mapped_column(default=0)
    """How many assets the coupon may belong to, or coupons may belong to the asset."""
    counterpart_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_findings.id"))
    """The suggestion: the finding of the one asset, or coupon, that fits and fits nothing else in the run."""
    state: Mapped[FindingState] = mapped_column(word(FindingState), default=FindingState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    act: Mapped[FindingAct | None] = mapped_column(word(FindingAct))
    target_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    """The asset that the coupon is attached to."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    why: Mapped[str | None] = mapped_column(Text)
    case_number: Mapped[str | None] = mapped_column(String(40))
    """Of the case that was opened at BitTitan. The difference is set aside until one of the two sides changes."""
    confirmed_as: Mapped[str | None] = mapped_column(String(20))
    """A ConfirmedState."""
    refusal: Mapped[str | None] = mapped_column(Text)
    """The sentence for the person who decided, with the present state."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    run: Mapped[ReconciliationRun] = relationship(lazy="raise", viewonly=True)
    asset: Mapped[Asset | None] = relationship(foreign_keys=asset_id, lazy="raise", viewonly=True)
    target: Mapped[Asset | None] = relationship(foreign_keys=target_id, lazy="raise", viewonly=True)
    coupon: Mapped[Coupon | None] = relationship(lazy="raise", viewonly=True)
    shown: Mapped[ShownCoupon | None] = relationship(lazy="raise", viewonly=True)
    counterpart: Mapped["Finding | None"] = relationship(remote_side=id, lazy="raise", viewonly=True)
    decided_by: Mapped[User | None] = relationship(lazy="raise", viewonly=True)

    @property
    def may_be_decided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def fields(self) -> set[str]:
        return {field for field, _here, _there in self.differences}
