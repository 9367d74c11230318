"""The list of accounts: search, filters, order, and the number of customers below each partner."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Label, Select, String, and_, func, or_, select, type_coerce
from sqlalchemy.orm import aliased, joinedload

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, AccountKind, TaxCode, User
from portal.models.text_keys import search_key

SORTS = {"name": Account.name_sort, "code": Account.code_key}
CAP = 10_000


@dataclass(frozen=True)
class Filters:
    term: str = ""
    kind: AccountKind | None = None
    is_synchronized: bool | None = None
    is_disabled: bool = False
    under: Account | None = None
    """Only accounts directly below this one. The caller has checked that the viewer may see it."""


def page(viewer: User, filters: Filters, sort: str, place: Place, *, descending: bool) -> Slice:
    """Rows of (account, number of accounts under it, codes of those merged into it). One statement."""
    below = aliased(Account)
    is_below = (below.parent_id == Account.id, below.merged_into_id.is_(None))
    children = select(func.count()).where(*is_below).correlate(Account).scalar_subquery()
    rows = _matching(access.visible_accounts(viewer), filters).options(joinedload(Account.parent))
    return paging.page(rows.add_columns(children, access.former_codes()), SORTS[sort], place, descending=descending)


def count(viewer: User, filters: Filters) -> int:
    """Up to CAP + 1. One statement."""
    rows = _matching(access.visible_accounts(viewer), filters).with_only_columns(Account.id).limit(CAP + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def exported(viewer: User, filters: Filters, sort: str, *, descending: bool) -> Select:
    """All of them in this order, as plain columns. A parent that the viewer does not see is not named. The credit limit
    is for the staff only."""
    parent = aliased(Account)
    is_seen = access.in_tree_of(viewer.account, parent.branch_id, parent.id)
    rows = _matching(access.visible_accounts(viewer), filters).outerjoin(
        parent, and_(parent.id == Account.parent_id, is_seen)
    )
    rows = rows.outerjoin(TaxCode, TaxCode.id == Account.tax_code_id)
    order = (column.desc() if descending else column.asc() for column in (SORTS[sort], Account.id))
    return rows.order_by(*order).with_only_columns(
        Account.id, Account.code, Account.name, type_coerce(Account.kind, String).label("kind"),
        parent.code.label("parent_code"), Account.bittitan_email, Account.billing_email, Account.country,
        Account.currency, Account.vat_number, Account.contact_email, Account.address, Account.postcode, Account.city,
        Account.language, *(_for_staff() if viewer.is_staff else []), maintain_column_froms=True,
    )  # fmt: skip


def _for_staff() -> list[ColumnElement]:
    words = (
        type_coerce(column, String).label(column.key) for column in (Account.invoice_rhythm, Account.invoice_delivery)
    )
    return [
        tax_text(), Account.credit_limit, Account.print_name, Account.buyer_reference,
        Account.electronic_address, *words,
    ]  # fmt: skip


def tax_text() -> Label[str]:
    """The tax code, or the text of another system while nobody has decided. Needs TaxCode joined to Account."""
    return func.coalesce(TaxCode.code, Account.tax_text).label("tax_code")


def places(viewer: User) -> list[Account]:
    """Possible parents: the distributor and its partners, as far as the viewer sees them."""
    rows = access.visible_accounts(viewer).where(Account.kind != AccountKind.CUSTOMER)
    return list(db.session.scalars(rows.order_by(Account.kind, Account.name_sort, Account.id)))


def by_id(viewer: User, account_id: int) -> Account | None:
    """With its parent."""
    rows = access.visible_accounts(viewer).where(Account.id == account_id)
    return db.session.scalar(rows.options(joinedload(Account.parent)))


def named(viewer: User, text: str, most: int) -> list[Account]:
    """The account of that name or code, if there is one; otherwise those whose name or code holds it, by name."""
    if not text.isprintable():
        return []
    rows = access.visible_accounts(viewer).order_by(Account.name_sort, Account.id)
    exact = or_(Account.name_key == search_key(text), access.has_code(text))
    found = list(db.session.scalars(rows.where(exact).limit(most)))
    return found or list(db.session.scalars(_matching(rows, Filters(text)).limit(most)))


def names_of_organizations(viewer: User, ids: Collection[str]) -> dict[str, str]:
    """The name of an account for each of these BitTitan organisations."""
    if not ids:
        return {}
    rows = access.visible_accounts(viewer).where(Account.organization_id.in_(ids)).order_by(Account.id.desc())
    return {account.organization_id: account.name for account in db.session.scalars(rows)}


def to_synchronize() -> list[Account]:
    """For commands: all accounts that can be looked up at BitTitan."""
    rows = access.accounts_for_command().where(Account.disabled_at.is_(None), Account.bittitan_email.is_not(None))
    return list(db.session.scalars(rows.order_by(Account.code_key)))


def _matching(rows: Select, filters: Filters) -> Select:
    return rows.where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = []
    if filters.term:
        named = Account.name_key.contains(search_key(filters.term), autoescape=True)
        conditions.append(or_(named, access.has_code_like(filters.term)))
    if filters.kind:
        conditions.append(Account.kind == filters.kind)
    if filters.is_synchronized is not None:
        is_linked = Account.organization_id.is_not(None)
        conditions.append(is_linked if filters.is_synchronized else ~is_linked)
    if filters.is_disabled:
        conditions.append(Account.disabled_at.is_not(None))
    if filters.under:
        conditions.append(Account.parent_id == filters.under.id)
    return conditions
