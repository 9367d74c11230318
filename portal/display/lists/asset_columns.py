"""The columns of asset lists, and which of them each list shows to whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.core import access, clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.columns import Cells, Column, InFiles, Kind, ShownColumn, Table, shown
from portal.display.wording import STATUS, code_status
from portal.display.wording.storefront_words import GROUPS, WORDS, State, state_of_code
from portal.models import AccountKind, AtBitTitan, Lifecycle, Right, SyncStatus, User
from portal.models.coupon import at_bittitan, mask
from portal.services.lists.list_sorts import SORTS


def _may(right: Right) -> Callable[[User], bool]:
    return lambda user: user.may(right)


def _is_staff(user: User) -> bool:
    return user.is_staff


def _has_customers(user: User) -> bool:
    return user.account.kind is not AccountKind.CUSTOMER


def _statuses(words: Sequence[str]) -> Cells:
    texts = {status.value: str(STATUS[status]) for status in SyncStatus}
    return [texts[word] for word in words]


def _states(words: Sequence[str], lifecycles: Sequence[str], ids: Sequence[int | None], *of_code: Sequence) -> Cells:
    """What partners and customers read; as `state_of`, from plain values."""
    texts, today = {state: str(text) for state, text in WORDS.items()}, clock.today().isoformat()
    cells = []
    for word, lifecycle, coupon_id, status, redeemed_at, is_verified, absent_at, last_day in zip(
        words, lifecycles, ids, *of_code, strict=True
    ):
        if lifecycle == Lifecycle.CANCELLED.value:
            state = State.CANCELLED
        elif SyncStatus(word) in GROUPS["looked-into"]:
            state = State.LOOKED_INTO
        elif coupon_id is None:
            state = State.PREPARING
        else:
            is_over = str(last_day) < today
            is_sure = bool(is_verified) and absent_at is None
            state = state_of_code(status, is_redeemed=bool(redeemed_at), is_over=is_over, is_sure=is_sure)
        cells.append(texts[state])
    return cells


def _lifecycles(words: Sequence[str]) -> Cells:
    texts = {Lifecycle.ACTIVE.value: _("Active"), Lifecycle.CANCELLED.value: _("Cancelled")}
    return [texts[word] for word in words]


def _masked(codes: Sequence[str | None]) -> Cells:
    return [f"…{mask(code)}" if code else "" for code in codes]


def _whole(codes: Sequence[str | None]) -> Cells:
    return [code or "" for code in codes]


def _said(ids: Sequence[int | None], *of_code: Sequence) -> Cells:
    texts = {at: str(text) for at, text in code_status.WORDS.items()}
    cells = []
    for coupon_id, status, absent_at, is_verified in zip(ids, *of_code, strict=True):
        at = at_bittitan(status, is_absent=absent_at is not None, is_verified=bool(is_verified))
        cells.append("" if coupon_id is None else (status if at is AtBitTitan.OTHER else texts[at]))
    return cells


def _instants(values: Sequence[datetime | None]) -> Cells:
    return [value.strftime("%Y-%m-%d %H:%M:%S") if value else "" for value in values]


def _days(days: Sequence[date | str | None]) -> Cells:
    return ["" if day is None else str(day) for day in days]


def _numbers(ids: Sequence[int]) -> Cells:
    return [f"AS-{asset_id}" for asset_id in ids]


_PAGES = ("row", "section", "own")
"""Layout names of lists that are a page of their own: for staff, partners and customers. The other layouts are part of
an account's page."""
ALL = (*_PAGES, "account", "account-own")
_STATE = (
    "sync_status", "lifecycle", "coupon_id", "coupon_status", "redeemed_at", "is_verified", "absent_at", "redeem_by",
)  # fmt: skip
_FRESHNESS = {
    "lists": ("row",), "is_for": _may(Right.SEE_INTERNALS), "is_optional": True, "files": InFiles.ALWAYS,
}  # fmt: skip
FRESHNESS = ("at-bittitan", "confirmed")
"""Shown where the list is filtered by them, too."""
_CONTACTS = {"is_for": lambda user: user.is_staff or user.may(Right.EDIT_USERS), "is_optional": True}
"""Who sees the people of an account sees whom the portal tells."""
CONTACTS = "contacts"
BY_END = ("ends", CONTACTS)
"""Shown where the list is filtered by the day on which licences end, too."""
_MONEY = {"lists": _PAGES, "is_for": access.may_see_prices, "is_optional": True, "files": InFiles.ALWAYS}

COLUMNS = (
    Column(
        "pick", lazy("Select"), cell="pick", lists=("row",), is_for=_may(Right.PROVISION), files=InFiles.NEVER,
        head_css="table__pick", has_quiet_heading=True,
    ),
    Column("name", lazy("Name"), "name", cell="name", lists=ALL, head_css="table__main"),
    Column("product", lazy("Product"), "product", lists=_PAGES, within="name", files=InFiles.ALWAYS),
    Column("number", lazy("Number"), "id", csv=_numbers, files=InFiles.ALWAYS),
    Column("status", lazy("Sync status"), "sync_status", cell="status", csv=_statuses, lists=ALL, is_for=_is_staff),
    Column(
        "state", lazy("Status"), _STATE, cell="status", csv=_states, lists=ALL, is_for=lambda user: not user.is_staff
    ),
    Column("lifecycle", lazy("Lifecycle"), "lifecycle", csv=_lifecycles, files=InFiles.ALWAYS),
    Column("customer", lazy("Customer"), "customer", cell="customer", lists=("row", "section", "account")),
    Column("customer-code", lazy("Customer code"), "customer_code", is_for=_has_customers, files=InFiles.ALWAYS),
    # Only for staff: a new partner must not learn the name of the former one.
    Column(
        "billed", lazy("Billed to"), "billed", cell="billed", lists=("row",), is_for=_may(Right.SEE_INTERNALS),
        files=InFiles.ALWAYS,
    ),
    Column(
        "billed-code", lazy("Billing to code"), "billed_code", is_for=_may(Right.SEE_INTERNALS), files=InFiles.ALWAYS
    ),
    Column("old-number", lazy("Old number"), "external_id", is_for=_may(Right.SEE_INTERNALS), files=InFiles.ALWAYS),
    Column("quantity", lazy("Licences"), "quantity", Kind.NUMBER, lists=ALL),
    Column("price", lazy("Unit price"), ("unit_price", "currency"), Kind.AMOUNT, **_MONEY),
    Column("currency", lazy("Currency"), "currency", css="nowrap", **_MONEY),
    Column("total", lazy("Total"), ("total", "currency"), Kind.AMOUNT, **_MONEY),
    Column("purchased", lazy("Purchased"), "purchased_on", Kind.DATE, lists=_PAGES, files=InFiles.ALWAYS),
    Column("expire-days", lazy("Expire (days)"), "expire_days", Kind.NUMBER, files=InFiles.ALWAYS),
    Column("validity-days", lazy("Validity (days)"), "validity_days", Kind.NUMBER, files=InFiles.ALWAYS),
    Column("redeem-by", lazy("Redeem by"), "redeem_by", Kind.DATE, cell="redeem_by", lists=ALL),
    Column(
        "ends", lazy("Ends on"), "ends_on", Kind.DATE, csv=_days, lists=_PAGES, within="redeem-by", is_optional=True,
        files=InFiles.ALWAYS,
    ),
    Column(CONTACTS, lazy("Will be told"), "contacts", cell="contacts", lists=_PAGES, **_CONTACTS),
    Column(
        "code", lazy("Coupon code"), "code", cell="code", csv=_masked, lists=(*_PAGES, "account-own"),
        files=InFiles.ALWAYS,
    ),
    Column(
        "at-bittitan", lazy("At BitTitan"), ("coupon_id", "coupon_status", "absent_at", "is_verified"),
        cell="at_bittitan", csv=_said, **_FRESHNESS,
    ),
    Column("confirmed", lazy("Confirmed"), "answered_at", cell="confirmed", csv=_instants, **_FRESHNESS),
)  # fmt: skip
_CODE = next(column for column in COLUMNS if column.name == "code")
_WHOSE = {"row": AccountKind.DISTRIBUTOR, "section": AccountKind.PARTNER, "own": AccountKind.CUSTOMER}
"""Layouts for only one kind of account. All other layouts are for everybody."""


@dataclass(frozen=True)
class Layout:
    """The layout of a list's rows. Forms and links pass it on as text: `row`, with chosen columns `row.price.total`."""

    name: str
    chosen: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((self.name, *self.chosen))

    def columns(self, viewer: User) -> tuple[Column, ...]:
        return tuple(
            column
            for column in COLUMNS
            if self.name in column.lists
            and column.is_for(viewer)
            and (column.name in self.chosen or not column.is_optional)
        )

    def shown(self, viewer: User) -> tuple[ShownColumn, ...]:
        return shown(self.columns(viewer), viewer, SORTS)

    def table(self, viewer: User, *, with_codes: bool = False) -> Table:
        """Returns the columns of a file: those of the list, and those that every file has. Codes are masked unless
        `with_codes`."""
        columns = {column.name: column for column in self.columns(viewer)}
        if with_codes:
            columns["code"] = replace(_CODE, csv=_whole)
        for column in COLUMNS:
            if column.files is InFiles.ALWAYS and column.is_for(viewer):
                columns.setdefault(column.name, column)
        return Table(columns.values())


def choosable(name: str, viewer: User) -> tuple[Column, ...]:
    """Returns the columns that this viewer may add to the list."""
    return tuple(column for column in COLUMNS if name in column.lists and column.is_optional and column.is_for(viewer))


def layout(name: str, viewer: User, chosen: Sequence[str] = ()) -> Layout:
    """Returns the layout with those chosen columns that this viewer may see."""
    return Layout(name, tuple(column.name for column in choosable(name, viewer) if column.name in chosen))


def layout_of(text: str | None, viewer: User) -> Layout | None:
    """Returns the layout that a form or link names, or None if this viewer has no such layout."""
    name, *chosen = (text or "").split(".")
    if name not in ALL or _WHOSE.get(name, viewer.account.kind) is not viewer.account.kind:
        return None
    return layout(name, viewer, chosen)
