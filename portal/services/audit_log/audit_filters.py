"""What the audit log can be limited to."""

import enum
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, false, literal

from portal.models import AuditEntry
from portal.models.audit import IS_OF_CODE

REVEAL = "reveal"


class Group(enum.Enum):
    REVEALS = "reveals"
    CODES = "codes"
    ASSETS = "assets"
    ORDERS = "orders"
    INVOICES = "invoices"
    ACCOUNTS = "accounts"
    CATALOG = "catalogue"
    SETTINGS = "settings"
    TOOLS = "tools"


SUBJECTS: dict[Group, tuple[str, ...]] = {
    Group.ASSETS: ("asset",),
    Group.ORDERS: ("order",),
    Group.INVOICES: ("invoice", "invoice run", "payment"),
    Group.ACCOUNTS: ("account", "user"),
    Group.CATALOG: ("product", "product_type", "price_list"),
    Group.SETTINGS: ("company", "connection", "invoice schedule", "mail text", "tax_code"),
    Group.TOOLS: (
        "alert", "bulk", "comparison", "coupon", "coupon list", "figures", "import", "reconciliation", "retry",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    person_id: int | None = None
    process: str | None = None
    """What acted by itself: `worker`, `command line`. What it did for a person is found by the person."""
    group: Group | None = None
    account_ids: tuple[int, ...] = ()
    """The account, and those that were merged into it."""
    about: tuple[str, int] | None = None
    """The subject and its id."""
    first: datetime | None = None
    end: datetime | None = None
    """The first instant that is too late."""
    is_impossible: bool = False


def in_days(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [false()] if filters.is_impossible else []
    if filters.first is not None:
        conditions.append(AuditEntry.at >= filters.first)
    if filters.end is not None:
        conditions.append(AuditEntry.at < filters.end)
    return conditions


def by_actor(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.person_id is not None:
        return [AuditEntry.actor_id == filters.person_id]
    if filters.process is not None:
        return [AuditEntry.actor_id.is_(None), AuditEntry.actor == filters.process]
    return []


def is_reveal() -> ColumnElement[bool]:
    """A literal: a partial index is used only if the statement names its rows."""
    return AuditEntry.act == literal(REVEAL, AuditEntry.act.type, literal_execute=True)


def in_group(filters: Filters) -> list[ColumnElement[bool] | TextClause]:
    if filters.group is None:
        return []
    rare = in_rare_group(filters)
    return rare or [AuditEntry.subject.in_(SUBJECTS[filters.group])]


def in_rare_group(filters: Filters) -> list[ColumnElement[bool] | TextClause]:
    """The groups that have indexes of their own."""
    return {Group.REVEALS: [is_reveal()], Group.CODES: [IS_OF_CODE]}.get(filters.group, [])
