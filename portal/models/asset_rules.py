import enum
import re
from datetime import date, timedelta

DAYS = ("expire_days", "validity_days")
"""How long the code can be redeemed, and how long the licences run. Only a coupon changes them."""


class SyncStatus(enum.Enum):
    SYNCHRONIZING = "synchronizing"
    UNCONFIRMED = "unconfirmed"
    REVIEW = "review"
    SYNCHRONIZED = "synchronized"
    FAILED = "failed"


UNSETTLED = (SyncStatus.SYNCHRONIZING, SyncStatus.UNCONFIRMED)
LOCKED = (*UNSETTLED, SyncStatus.REVIEW)


class Lifecycle(enum.Enum):
    ACTIVE = "active"
    CANCELLED = "cancelled"


_NUMBER = re.compile(r"(?:AS-)?([0-9]{1,10})", re.IGNORECASE)


def asset_id_of(text: str | None) -> int | None:
    """The id in the number of an asset, such as AS-17 or 17."""
    match = _NUMBER.fullmatch((text or "").strip())
    return int(match[1]) if match and 0 < int(match[1]) < 2**31 else None


class AssetRules:
    """Rules that need only an asset's own columns. Shared by the database row and the row of a list."""

    __slots__ = ()

    @property
    def number(self) -> str:
        return f"AS-{self.id}"

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def is_active(self) -> bool:
        return self.lifecycle is Lifecycle.ACTIVE

    @property
    def is_unsettled(self) -> bool:
        """Pages that show the asset should poll."""
        return self.sync_status in UNSETTLED

    @property
    def is_locked(self) -> bool:
        """An attempt is open, so nobody may change the asset by hand."""
        return self.sync_status in LOCKED

    @property
    def may_sync(self) -> bool:
        return self.sync_status is SyncStatus.FAILED and self.is_active

    @property
    def has_imported_code(self) -> bool:
        """The code came from an imported file, and BitTitan has not verified it."""
        return self.coupon is not None and self.coupon.recorded_at == self.imported_at and not self.coupon.is_verified

    @property
    def is_surely_unbought(self) -> bool:
        """The portal itself knows that nothing was bought.

        Not so for an imported asset, which may have been bought in the other system, nor if a person attested it, who
        may be wrong. Earlier attempts are ruled out if there was none, or if BitTitan was asked before this attempt was
        sent.
        """
        attempt = self.last_attempt
        if self.coupon is not None or attempt is None or self.is_imported or self.sync_status is not SyncStatus.FAILED:
            return False
        return attempt.has_surely_brought_nothing and (attempt.number == 1 or attempt.looked_first_at is not None)

    @property
    def may_correct(self) -> bool:
        """The code was recorded without verification, so a person may replace or withdraw it."""
        has_code = self.sync_status is SyncStatus.SYNCHRONIZED and self.coupon is not None
        return has_code and self.is_active and not self.coupon.is_verified

    @property
    def asks_if_bought(self) -> bool:
        """The asset was imported without a code and nothing was sent for it: the other system may have bought it."""
        return self.is_imported and self.may_sync and self.attempts_made == 0

    @property
    def may_edit(self) -> bool:
        return not self.is_locked and self.is_active

    @property
    def may_attach(self) -> bool:
        return self.sync_status in (SyncStatus.FAILED, SyncStatus.REVIEW) and self.is_active

    @property
    def may_attest(self) -> bool:
        return self.sync_status is SyncStatus.REVIEW

    @property
    def may_cancel(self) -> bool:
        return not self.is_locked and self.is_active

    @property
    def days_are_bought(self) -> bool:
        return self.sync_status is SyncStatus.SYNCHRONIZED

    def is_expired(self, today: date) -> bool:
        return self.redeem_by < today

    @property
    def usable_until(self) -> date:
        """The last day of use if the code is redeemed on the last possible day."""
        return self.redeem_by + timedelta(days=self.validity_days)

    @property
    def is_billed_elsewhere(self) -> bool:
        return self.billed_account_id != self.account_id
