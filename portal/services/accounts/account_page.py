"""Data around one account: its assets by status, the accounts below it, its people, its newest changes and
invoices. All in one statement."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import (
    CompoundSelect,
    Row,
    ScalarSelect,
    Select,
    String,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from portal.core import access, billing_access
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Tree, Viewer
from portal.extensions import db
from portal.models import (
    Account,
    Allocation,
    Asset,
    AuditEntry,
    Invoice,
    InvoiceKind,
    Right,
    SyncStatus,
    User,
)
from portal.models.text_keys import collation_key
from portal.models.types import UTCDateTime
from portal.services.lists.join_hints import first
from portal.services.lists.list_counts import CAP
from portal.services.lists.list_filters import IS_ACTIVE, equals_literal

SHOWN_BELOW, SHOWN_PEOPLE, SHOWN_CHANGES, SHOWN_INVOICES = 8, 25, 5, 5


@dataclass(frozen=True)
class ChildAccount:
    id: int
    name: str
    assets: int
    """Up to CAP + 1."""
    is_disabled: bool


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    email: str
    role: str
    signed_in_at: datetime | None
    is_disabled: bool
    has_password: bool


@dataclass(frozen=True)
class NewestInvoice:
    """Of an issued invoice or credit note: what a row of a list shows."""

    id: int
    number: str
    kind: InvoiceKind
    currency: str
    gross: int
    settled: int
    credited: int
    """How much of what is settled credit notes took off."""
    issued_on: date
    due_on: date
    paid_at: datetime | None


@dataclass(frozen=True)
class AccountSummary:
    overview: dict[SyncStatus, int] = field(default_factory=dict)
    """Active assets of the account and those below it, by status, each up to CAP + 1."""
    below: list[ChildAccount] = field(default_factory=list)
    below_total: int = 0
    people: list[Person] = field(default_factory=list)
    people_total: int = 0
    changes: list[AuditEntry] = field(default_factory=list)
    """The newest, for the staff; not attached to the session."""
    has_more_changes: bool = False
    invoices: list[NewestInvoice] = field(default_factory=list)
    """The newest that it is billed, as far as the viewer sees them."""
    has_more_invoices: bool = False
    former_codes: str | None = None
    """Of the accounts that were merged into this one."""

    @property
    def assets_total(self) -> int:
        return sum(self.overview.values())


def summary(account: Account, viewer: User, *, with_people: bool) -> AccountSummary:
    """The caller has checked that the viewer may see the account and, if they are wanted, its people."""
    with_changes = viewer.may(Right.SEE_INTERNALS)
    statement, values = _around(Viewer.of(viewer), Tree.of(account), with_people, with_changes, CAP)
    rows: dict[str, list[Row]] = {"statuses": [], "below": [], "people": [], "changes": []}
    rows |= {"invoices": [], "codes": []}
    for row in db.session.execute(statement, values):
        rows[row.part].append(row)
    return AccountSummary(
        {SyncStatus(row.word): row.number for row in rows["statuses"] if row.number},
        sorted((_as_below(row) for row in rows["below"]), key=lambda each: (collation_key(each.name), each.id)),
        max((row.total for row in rows["below"]), default=0),
        sorted((_as_person(row) for row in rows["people"]), key=lambda each: (collation_key(each.name), each.id)),
        max((row.total for row in rows["people"]), default=0),
        sorted(map(_as_change, rows["changes"]), key=lambda entry: -entry.id)[:SHOWN_CHANGES],
        len(rows["changes"]) > SHOWN_CHANGES,
        sorted(map(_as_invoice, rows["invoices"]), key=lambda each: (each.issued_on, each.id))[::-1][:SHOWN_INVOICES],
        len(rows["invoices"]) > SHOWN_INVOICES,
        rows["codes"][0].detail,
    )


def _as_below(row: Row) -> ChildAccount:
    return ChildAccount(row.id, row.name, row.number, row.disabled_at is not None)


def _as_person(row: Row) -> Person:
    has_password = row.number > 0
    return Person(row.id, row.name, row.detail, row.word, row.at, row.disabled_at is not None, has_password)


def _as_change(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row.id, actor=row.name, field=row.detail, act=row.word, at=row.at, before=row.before, after=row.after,
        why=row.why,
    )  # fmt: skip


def _as_invoice(row: Row) -> NewestInvoice:
    issued_on, due_on = (date.fromisoformat(text) for text in (row.before, row.after))
    return NewestInvoice(
        row.id, row.name, InvoiceKind(row.word), row.detail, row.number, row.total, int(row.why), issued_on, due_on,
        row.at,
    )  # fmt: skip


@cached_statement
def _around(viewer: Viewer, account: Tree, with_people: bool, with_changes: bool, cap: int) -> CompoundSelect:
    parts = [*_statuses(account, viewer, cap), _below(account, viewer, cap), _former_codes(account)]
    parts.append(_invoices(account, viewer))
    more = [_people(account, viewer)] if with_people else []
    return union_all(*parts, *more, *([_changes(account)] if with_changes else []))


def _statuses(account: Tree, viewer: Viewer, cap: int) -> list[Select]:
    is_in_account = access.in_tree_of(account, Asset.branch_id, Asset.account_id)
    active = access.visible_asset_ids(viewer).where(is_in_account, IS_ACTIVE)
    return [
        _columns(
            "statuses", word=literal(status.value),
            number=_capped(active.where(equals_literal(Asset.sync_status, status)), cap),
        )
        for status in SyncStatus
    ]  # fmt: skip


def _below(account: Tree, viewer: Viewer, cap: int) -> Select:
    """A partner has the assets of its branch, a customer only its own."""
    below = access.visible_accounts(viewer).where(Account.parent_id == account.id)
    shown = below.with_only_columns(Account.id, Account.name, Account.disabled_at)
    child = shown.order_by(Account.name_sort, Account.id).limit(SHOWN_BELOW).subquery().c
    column = Asset.branch_id if account.is_distributor else Asset.account_id
    active = select(Asset.id).where(column == child.id, IS_ACTIVE)
    return _columns(
        "below", id=child.id, name=child.name, number=_capped(active.correlate(child.id.table), cap),
        total=_number(below.with_only_columns(Account.id)), disabled_at=child.disabled_at,
    )  # fmt: skip


def _people(account: Tree, viewer: Viewer) -> Select:
    people = access.visible_users(viewer).where(User.account_id == account.id)
    columns = (User.id, User.name, User.email, User.role, User.password_hash, User.signed_in_at, User.disabled_at)
    shown = people.with_only_columns(*columns).order_by(User.name_sort, User.id).limit(SHOWN_PEOPLE).subquery().c
    return _columns(
        "people", id=shown.id, name=shown.name, detail=shown.email, word=cast(shown.role, String),
        number=func.length(func.coalesce(shown.password_hash, "")), total=_number(people.with_only_columns(User.id)),
        at=shown.signed_in_at, disabled_at=shown.disabled_at,
    )  # fmt: skip


def _changes(account: Tree) -> Select:
    entries = select(AuditEntry).where(AuditEntry.subject == "account", AuditEntry.subject_id == account.id)
    shown = entries.order_by(AuditEntry.id.desc()).limit(SHOWN_CHANGES + 1).subquery().c
    return _columns(
        "changes", id=shown.id, name=shown.actor, detail=shown.field, word=shown.act, at=shown.at, before=shown.before,
        after=shown.after, why=shown.why,
    )  # fmt: skip


def _invoices(account: Tree, viewer: Viewer) -> Select:
    """Without drafts."""
    credited = select(func.coalesce(func.sum(Allocation.amount), 0)).where(
        Allocation.invoice_id == Invoice.id, Allocation.credit_note_id.is_not(None)
    )
    columns = (
        Invoice.id, Invoice.number, Invoice.kind, Invoice.currency, Invoice.gross, Invoice.settled, Invoice.issued_on,
        Invoice.due_on, Invoice.paid_at, credited.correlate(Invoice).scalar_subquery().label("credited"),
    )  # fmt: skip
    billed = billing_access.visible_invoices(viewer).where(
        Invoice.billed_account_id == account.id, Invoice.number.is_not(None)
    )
    newest = billed.with_only_columns(*columns).order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    shown = newest.limit(SHOWN_INVOICES + 1).subquery().c
    return _columns(
        "invoices", id=shown.id, name=shown.number, word=cast(shown.kind, String), detail=shown.currency,
        number=shown.gross, total=shown.settled, before=cast(shown.issued_on, Text), after=cast(shown.due_on, Text),
        at=shown.paid_at, why=cast(shown.credited, Text),
    )  # fmt: skip


def _former_codes(account: Tree) -> Select:
    codes = select(func.aggregate_strings(Account.code, ", ")).where(Account.merged_into_id == account.id)
    return _columns("codes", detail=codes.scalar_subquery())


def _capped(rows: Select, cap: int) -> ScalarSelect[int]:
    return _number(first(rows, cap + 1))


def _number(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _columns(part: str, **given) -> Select:
    """All parts have the same columns, of the same types."""
    empty = {
        "id": literal(0), "name": cast(null(), String), "detail": cast(null(), String),
        "word": cast(null(), String), "number": literal(0), "total": literal(0), "at": cast(null(), UTCDateTime),
        "disabled_at": cast(null(), UTCDateTime), "before": cast(null(), Text), "after": cast(null(), Text),
        "why": cast(null(), Text),
    }  # fmt: skip
    return select(literal(part).label("part"), *(given.get(name, blank).label(name) for name, blank in empty.items()))
