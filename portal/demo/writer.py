"""Stories into rows. Ids are given out in the order of time; sequences are put right at the end."""

from datetime import datetime

from sqlalchemy import Connection

from portal.demo.sheets import Row, Sheet, plain
from portal.demo.story import Story
from portal.extensions import db
from portal.models import (
    Account,
    Alert,
    Asset,
    Attempt,
    AuditEntry,
    Coupon,
    Exchange,
    Job,
    JobKind,
    Order,
    User,
)

_AUDIT = ("at", "actor_id", "actor", "subject", "subject_id", "act", "field", "before", "after", "why")
_COLUMNS: dict[type[db.Model], tuple[str, ...]] = {
    # In the order in which they can be written: each table after those that it refers to.
    Account: (
        "id", "code", "code_key", "name", "name_key", "kind", "parent_id", "branch_id", "bittitan_email",
        "organization_id", "organization_name", "synchronized_at", "contact_email", "billing_email", "address",
        "country", "currency", "language", "created_at", "version",
    ),
    User: ("id", "account_id", "email", "name", "role", "password_hash", "created_at", "version"),
    Order: ("id", "key", "account_id", "billed_account_id", "placed_by_id", "placed_at"),
    Asset: (
        "id", "name", "name_key", "account_id", "branch_id", "billed_account_id", "product_id", "order_id", "quantity",
        "unit_price", "currency", "purchased_on", "expire_days", "validity_days", "redeem_by", "issued_at",
        "sync_status", "lifecycle", "note", "reference", "attempts_made", "asked_at", "created_at", "version",
    ),
    Coupon: (
        "id", "code", "bittitan_id", "asset_id", "standing", "why", "reference", "sku_id", "organization_id",
        "quantity", "validity_days", "issued_at", "expires_at", "status", "redeemed_at", "read_at", "is_verified",
        "recorded_at",
    ),
    Attempt: (
        "id", "asset_id", "number", "state", "trigger", "requested_by_id", "requested_at", "payload", "staged",
        "send_number", "tries", "lease_until", "first_sent_at", "last_sent_at", "is_tainted", "sends_no_more",
        "looked_first_at", "lookup_step", "absent_at", "next_at", "cause", "message", "settled_at", "settled_by_id",
        "reason",
    ),
    Exchange: (
        "id", "attempt_id", "kind", "send_number", "at", "milliseconds", "outcome", "cause", "status", "request",
        "response",
    ),
    Alert: ("id", "kind", "asset_id", "text", "raised_at", "seen_at", "seen_by_id"),
    Job: ("id", "kind", "subject_id", "due_at", "fence", "failures"),
    AuditEntry: ("id", *_AUDIT),
}  # fmt: skip
TABLES = [model.__tablename__ for model in _COLUMNS]


class Writer:
    """Audit entries are kept back until nothing earlier can follow: the record is in the order of time."""

    def __init__(self, connection: Connection):
        self._sheets = {model: Sheet(connection, model, columns) for model, columns in _COLUMNS.items()}
        self.audits: list[Row] = []
        """Without an id; the instant comes first."""

    def of(self, model: type[db.Model]) -> Sheet:
        return self._sheets[model]

    def tell(self, story: Story) -> None:
        """Stories come in the order in which they begin."""
        order_id, asset_id = self.of(Order).new_id(), self.of(Asset).new_id()
        self.of(Order).add(story.order | {"id": order_id})
        self.of(Asset).add(story.asset | {"id": asset_id, "order_id": order_id})
        for model, rows in ((Coupon, story.coupons), (Alert, story.alerts)):
            for row in rows:
                self.of(model).add(row | {"id": self.of(model).new_id(), "asset_id": asset_id})
        self._tell_attempts(story, asset_id)
        for row in story.audits:
            entry = row | {"subject_id": asset_id}
            self.audits.append(tuple(plain(entry[column]) for column in _AUDIT))

    def write(self, *, until: datetime | None = None) -> None:
        """Nothing that is told later happened before `until`."""
        self._release_audits("~" if until is None else plain(until))
        for sheet in self._sheets.values():
            sheet.write()

    def finish(self) -> None:
        self.write()
        for sheet in self._sheets.values():
            sheet.close()

    def _tell_attempts(self, story: Story, asset_id: int) -> None:
        for attempt, exchanges in zip(story.attempts, story.exchanges, strict=True):
            attempt_id = self.of(Attempt).new_id()
            self.of(Attempt).add(attempt | {"id": attempt_id, "asset_id": asset_id})
            for row in exchanges:
                self.of(Exchange).add(row | {"id": self.of(Exchange).new_id(), "attempt_id": attempt_id})
        if story.is_due:
            self.wake(attempt_id, plain(story.attempt["next_at"]))

    def wake(self, attempt_id: int, at: str) -> None:
        """The attempt waits in the work queue."""
        work = self.of(Job)
        work.rows.append((work.new_id(), JobKind.ADVANCE.value, attempt_id, at, 0, 0))

    def _release_audits(self, until: str) -> None:
        self.audits.sort(key=lambda row: row[0])
        ready = [row for row in self.audits if row[0] < until]
        self.audits = self.audits[len(ready) :]
        sheet = self.of(AuditEntry)
        sheet.rows += [(id_, *row) for id_, row in zip(sheet.new_ids(len(ready)), ready, strict=True)]
