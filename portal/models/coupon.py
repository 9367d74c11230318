import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db, settings
from portal.models.revocation import Revocation
from portal.models.types import UTCDateTime, word

REVOKED, REDEEMED, EXPIRED = "Revoked", "Redeemed", "Expired"
SPENT = (REVOKED, REDEEMED, EXPIRED)
"""BitTitan's statuses of coupons that are worth nothing any more and are not listed."""
NOWHERE = 0
"""In `moved_from_id`: BitTitan issued the coupon for an order that is not in this database."""
_UNREDEEMED = text("standing = 'recorded' AND redeemed_at IS NULL")
_TO_CONFIRM = text("confirm_at IS NOT NULL")
_RECORDED = text("standing = 'recorded'")
_ABSENT = text("absent_at IS NOT NULL")
_OLDEST = text("(status IS NULL OR status NOT IN ('Revoked', 'Redeemed', 'Expired'))")
MAY_CHANGE = text("(coupons.status IS NULL OR coupons.status NOT IN ('Revoked', 'Redeemed', 'Expired'))")
"""Its status is not a last one. The exact text of the partial index."""


class AtBitTitan(enum.Enum):
    """What BitTitan says about a recorded code."""

    ACTIVE = "active"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_LISTED = "not-listed"
    """Asked for singly: it knows no such coupon (any more)."""
    UNRECOGNISED = "unrecognised"
    """The code was recorded unverified, and BitTitan knows no such code."""
    NEVER_ASKED = "never-asked"
    OTHER = "other"
    """A status that the portal does not know."""


class ConfirmedState(enum.StrEnum):
    """What became of a coupon that BitTitan does not list, as a person confirmed."""

    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    GONE = "gone"


class CouponStanding(enum.Enum):
    RECORDED = "recorded"
    """The coupon is its asset's code."""
    REVIEW = "review"
    """Found under the asset's reference, but not what was asked for. Kept until a person decides."""
    SURPLUS = "surplus"
    """Issued in addition to the recorded one, for a cancelled asset, or for an order that is not here."""
    WITHDRAWN = "withdrawn"
    """Recorded unverified and then withdrawn, because a person replaced it or BitTitan lists another. Worth nothing."""


class Coupon(db.Model):
    """Every coupon that BitTitan issued for us, recorded or surplus, so that a code is unique among all of them.

    Triggers refuse to delete rows or to change codes.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        CheckConstraint("asset_id IS NOT NULL OR standing IN ('surplus', 'withdrawn')", name="has_an_asset"),
        Index(
            "uq_coupons_one_recorded_per_asset",
            "asset_id",
            unique=True,
            sqlite_where=text("standing = 'recorded'"),
            postgresql_where=text("standing = 'recorded'"),
        ),
        Index("ix_coupons_asset_id", "asset_id"),
        Index("ix_coupons_standing", "standing", "id"),
        Index("ix_coupons_moved_from_id", "moved_from_id"),
        Index("ix_coupons_confirm_at", "confirm_at", "id", sqlite_where=_TO_CONFIRM, postgresql_where=_TO_CONFIRM),
        # With `redeemed_at`, which is NULL in all of it, SQLite prefers it to the unique one above, with which it would
        # read the rows of the redeemed codes, too.
        Index(
            "ix_coupons_unredeemed", "asset_id", "redeemed_at", sqlite_where=_UNREDEEMED, postgresql_where=_UNREDEEMED
        ),
        Index(
            "ix_coupons_at_bittitan",
            "status",
            "absent_at",
            "read_at",
            "asset_id",
            sqlite_where=_RECORDED,
            postgresql_where=_RECORDED,
        ),
        Index("ix_coupons_absent", "is_verified", "asset_id", sqlite_where=_ABSENT, postgresql_where=_ABSENT),
        Index("ix_coupons_oldest", "read_at", "asset_id", sqlite_where=_OLDEST, postgresql_where=_OLDEST),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(128), unique=True)
    bittitan_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    """BitTitan's coupon Id, which is no secret. None for an attached code that BitTitan could not verify."""
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    """None for a stray coupon, for example one ordered after the backup from which this database was restored."""
    standing: Mapped[CouponStanding] = mapped_column(word(CouponStanding))
    why: Mapped[str | None] = mapped_column(Text)
    """Why the coupon is not (yet) recorded, or the reason that a person gave for attaching it."""
    reference: Mapped[str | None] = mapped_column(String(80))
    sku_id: Mapped[str | None] = mapped_column(String(36))
    organization_id: Mapped[str | None] = mapped_column(String(36))
    quantity: Mapped[int | None]
    validity_days: Mapped[int | None]
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status: Mapped[str | None] = mapped_column(String(40))
    """BitTitan's status, as last read."""
    redeemed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    redeemed_on: Mapped[date | None]
    """The day of `redeemed_at` in the distributor's time zone, from which the asset's `ends_on` is counted. What writes
    one without an object writes the other, too."""
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When BitTitan last said what it knows about it. See `answered_at`."""
    absent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when BitTitan, asked singly, knows no such coupon; None once it shows it again."""
    stated: Mapped[str | None] = mapped_column(String(20))
    """The value of a ConfirmedState: what a person confirmed of a coupon that is not listed. What BitTitan says later
    clears it."""
    stated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    stated_by: Mapped[str | None] = mapped_column(String(120))
    stated_why: Mapped[str | None] = mapped_column(Text)
    is_verified: Mapped[bool] = mapped_column(default=True)
    """False if the code came from a person or a file and BitTitan has not verified it."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When BitTitan last showed this code with this Id in a look-up, a check or a comparison. The answer to a purchase
    confirms nothing. A trigger keeps a confirmed coupon with its asset."""
    confirm_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When to ask BitTitan about it next (services/provisioning/confirmation.py); None if that is not necessary."""
    disputed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when another coupon or asset claims the same code or Id and no look-up has decided."""
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempt_number: Mapped[int | None]
    """The attempt of its asset that brought the coupon; None if it came without one."""
    moved_from_id: Mapped[int | None]
    """Set if a person attached it from the surplus register: the asset for which BitTitan issued it, or NOWHERE."""

    asset = relationship("Asset", foreign_keys=asset_id, viewonly=True, lazy="raise")
    """The `Asset`, or None. Named by a string, because asset.py imports this module."""
    revocation: Mapped[Revocation | None] = relationship(viewonly=True, uselist=False, lazy="raise")

    @validates("redeemed_at")
    def _keep_the_day(self, _, at: datetime | None) -> datetime | None:
        self.redeemed_on = at and at.astimezone(settings().time_zone).date()
        return at

    @property
    def is_spent(self) -> bool:
        """By BitTitan's last status. An unknown status does not count as spent."""
        return self.status in SPENT

    @property
    def is_revoked(self) -> bool:
        return self.status == REVOKED

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def is_being_confirmed(self) -> bool:
        """The coupon was taken from the answer to a purchase, and BitTitan has not shown it since."""
        return self.confirmed_at is None and self.confirm_at is not None

    @property
    def answered_at(self) -> datetime | None:
        """When BitTitan last answered a question about it. The answer to a purchase does not count."""
        return None if self.is_being_confirmed else self.read_at

    @property
    def at_bittitan(self) -> AtBitTitan:
        return at_bittitan(self.status, is_absent=self.absent_at is not None, is_verified=self.is_verified)

    @property
    def is_being_revoked(self) -> bool:
        return self.revocation is not None and self.revocation.is_open

    @property
    def came_from_id(self) -> int | None:
        """The asset under whose reference BitTitan issued it; None for a stray coupon."""
        return self.asset_id if self.moved_from_id is None else self.moved_from_id or None

    @property
    def mask(self) -> str:
        return mask(self.code)


def mask(code: str) -> str:
    """Returns the last four characters; fewer of a short code, so that the mask never reveals it."""
    return code[-min(4, len(code) // 3) :] if len(code) >= 3 else ""


def at_bittitan(status: str | None, *, is_absent: bool, is_verified: bool) -> AtBitTitan:
    if is_absent:
        return AtBitTitan.NOT_LISTED if is_verified else AtBitTitan.UNRECOGNISED
    return AtBitTitan.NEVER_ASKED if status is None else BY_STATUS.get(status, AtBitTitan.OTHER)


BY_STATUS = {
    "Active": AtBitTitan.ACTIVE, REDEEMED: AtBitTitan.REDEEMED, EXPIRED: AtBitTitan.EXPIRED,
    REVOKED: AtBitTitan.REVOKED,
}  # fmt: skip
