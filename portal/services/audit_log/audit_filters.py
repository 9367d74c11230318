"""What the audit log can be limited to."""

import enum
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, literal, or_

from portal.models import AuditEntry

REVEAL = "reveal"
OF_CODES = (
    "attach", "confirm", "give", "move", "not revoked", "overrule", "reveal", "revoke", "revoked", "state", "surplus",
    "withdraw",
)  # fmt: skip


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
    Group.CODES: ("asset", "coupon"),
    Group.ASSETS: ("asset",),
    Group.ORDERS: ("order",),
    Group.INVOICES: ("invoice", "invoice run", "payment"),
    Group.ACCOUNTS: ("account", "user"),
    Group.CATALOG: ("product", "product_type", "price_list"),
    Group.SETTINGS: ("company", "connection", "invoice schedule", "tax_code"),
    Group.TOOLS: (
        "alert", "bulk", "comparison", "coupon", "coupon list", "figures", "import", "reconciliation", "retry",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    person_id: int | None = None
    process: str | None = None
    """What acted without a person: `worker`, `command line`."""
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


def of_codes() -> ColumnElement[bool]:
    return or_(AuditEntry.act.in_(OF_CODES), AuditEntry.field == "code")


def is_reveal() -> ColumnElement[bool]:
    """A literal: a partial index is used only if the statement names its rows."""
    return AuditEntry.act == literal(REVEAL, AuditEntry.act.type, literal_execute=True)


def in_group(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.group is None:
        return []
    if filters.group is Group.REVEALS:
        return [is_reveal()]
    subjects = AuditEntry.subject.in_(SUBJECTS[filters.group])
    return [subjects, of_codes()] if filters.group is Group.CODES else [subjects]
