"""Writes stories as database rows. Ids are assigned in the order of time; sequences are updated at the end."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from portal.demo.story.story import Story
from portal.demo.table_writer import Row, TableWriter, plain_value
from portal.extensions import db
from portal.models import (
    Account,
    Alert,
    Asset,
    AssetRequest,
    Attempt,
    AuditEntry,
    Coupon,
    Exchange,
    Job,
    JobKind,
    Order,
    OrderLine,
    User,
)

_AUDIT = ("at", "actor_id", "actor", "via", "subject", "subject_id", "act", "field", "before", "after", "why")
_COLUMNS: dict[type[db.Model], tuple[str, ...]] = {
    # In the order of writing: each table after those to which it refers.
    Account: (
        "id", "code", "code_key", "name", "name_key", "name_sort", "kind", "parent_id", "branch_id", "bittitan_email",
        "organization_id", "organization_name", "synchronized_at", "contact_email", "billing_email", "address",
        "postcode", "city", "country", "currency", "language", "created_at", "version",
    ),
    User: (
        "id", "account_id", "email", "email_key", "name", "name_key", "name_sort", "role", "password_hash",
        "created_at", "version",
    ),
    Order: (
        "id", "key", "account_id", "branch_id", "billed_account_id", "channel", "state", "placed_by_id", "placed_at",
        "lines_count", "licences", "currency", "total", "executed_by_id", "executed_at", "po_number", "po_key",
    ),
    Asset: (
        "id", "name", "name_key", "name_sort", "account_id", "branch_id", "billed_account_id", "product_id",
        "order_id", "quantity", "unit_price", "currency", "purchased_on", "expire_days", "validity_days", "redeem_by",
        "issued_at", "sync_status", "lifecycle", "note", "reference", "attempts_made", "asked_at", "created_at",
        "version",
    ),
    Coupon: (
        "id", "code", "bittitan_id", "asset_id", "standing", "why", "reference", "sku_id", "organization_id",
        "quantity", "validity_days", "issued_at", "expires_at", "status", "redeemed_at", "redeemed_on", "read_at",
        "is_verified", "recorded_at",
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
    AssetRequest: (
        "id", "asset_id", "account_id", "asked_by_id", "asked_at", "words", "state", "closed_because", "answer",
        "remark", "settled_at", "settled_by_id", "version",
    ),
    Alert: ("id", "kind", "asset_id", "text", "raised_at", "seen_at", "seen_by_id"),
    Job: ("id", "kind", "subject_id", "due_at", "fence", "failures"),
    AuditEntry: ("id", *_AUDIT),
}  # fmt: skip
TABLES = [*(model.__tablename__ for model in _COLUMNS), OrderLine.__tablename__]
_LINES = """
INSERT INTO order_lines (
    order_id, position, account_id, product_id, quantity, name, asset_id, product_code, product_name, product_type,
    expire_days, validity_days, currency, cost, list_price, unit_price
)
SELECT
    assets.order_id, 1, assets.account_id, assets.product_id, assets.quantity, products.name, assets.id, products.code,
    products.name, product_types.name, products.expire_days, products.validity_days, assets.currency, prices.cost,
    prices.amount, assets.unit_price
FROM assets
JOIN products ON products.id = assets.product_id
JOIN product_types ON product_types.id = products.type_id
LEFT JOIN prices ON prices.product_id = products.id AND prices.currency = assets.currency
ORDER BY assets.id
"""
"""Each order of the demo has one asset."""


class DatabaseWriter:
    """Holds back audit entries until no earlier one can follow, so that they are written in the order of time."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._tables = {model: TableWriter(connection, model, columns) for model, columns in _COLUMNS.items()}
        self.audits: list[Row] = []
        """Without their ids; the instant is the first value."""

    def table(self, model: type[db.Model]) -> TableWriter:
        return self._tables[model]

    def add_story(self, story: Story) -> None:
        """Call it in the order in which the stories begin."""
        order_id, asset_id = self.table(Order).new_id(), self.table(Asset).new_id()
        self.table(Order).add(story.order | {"id": order_id})
        self.table(Asset).add(story.asset | {"id": asset_id, "order_id": order_id})
        for model, rows in ((Coupon, story.coupons), (Alert, story.alerts), (AssetRequest, story.requests)):
            for row in rows:
                self.table(model).add(row | {"id": self.table(model).new_id(), "asset_id": asset_id})
        self._add_attempts(story, asset_id)
        self.add_audits(row | {"subject_id": asset_id} for row in story.audits)

    def add_audits(self, entries: Iterable[dict[str, object]]) -> None:
        self.audits += [tuple(plain_value(entry[column]) for column in _AUDIT) for entry in entries]

    def let_others_write(self) -> None:
        """After a `write`: rows that others add now get the next ids. No more may come from here but audit entries."""
        self._connection.exec_driver_sql(_LINES)
        for table in self._tables.values():
            table.close()

    def write(self, *, until: datetime | None = None) -> None:
        """Writes all rows. Audit entries only before `until`; no earlier ones may be added later."""
        self._release_audits("~" if until is None else plain_value(until))
        for table in self._tables.values():
            table.write()

    def finish(self) -> None:
        self.write()
        self.table(AuditEntry).close()

    def _add_attempts(self, story: Story, asset_id: int) -> None:
        for attempt, exchanges in zip(story.attempts, story.exchanges, strict=True):
            attempt_id = self.table(Attempt).new_id()
            self.table(Attempt).add(attempt | {"id": attempt_id, "asset_id": asset_id})
            for row in exchanges:
                self.table(Exchange).add(row | {"id": self.table(Exchange).new_id(), "attempt_id": attempt_id})
        if story.is_due:
            self.schedule(attempt_id, plain_value(story.attempt["next_at"]))

    def schedule(self, attempt_id: int, at: str) -> None:
        """Adds the job that advances the attempt."""
        jobs = self.table(Job)
        jobs.rows.append((jobs.new_id(), JobKind.ADVANCE.value, attempt_id, at, 0, 0))

    def _release_audits(self, until: str) -> None:
        self.audits.sort(key=lambda row: row[0])
        ready = [row for row in self.audits if row[0] < until]
        self.audits = self.audits[len(ready) :]
        table = self.table(AuditEntry)
        table.rows += [(id_, *row) for id_, row in zip(table.new_ids(len(ready)), ready, strict=True)]
