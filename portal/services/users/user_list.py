"""All people that a viewer sees: sorted by name, searched by address, name and account."""

from sqlalchemy import ColumnElement, func, or_, select

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, User, email_address
from portal.models.text_keys import search_key


def page(viewer: User, term: str, account: Account | None, place: Place) -> Slice:
    """One statement."""
    rows = access.visible_users(viewer).where(*_conditions(term, account))
    return paging.page(rows, User.name_sort, place)


def count(viewer: User, term: str, account: Account | None) -> int:
    """One statement."""
    rows = access.visible_users(viewer).where(*_conditions(term, account)).with_only_columns(User.id)
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def _conditions(term: str, account: Account | None) -> list[ColumnElement[bool]]:
    conditions = [] if account is None else [User.account_id == account.id]
    if term:
        matches = (
            User.email_key.contains(email_address.canonical(term), autoescape=True),
            User.name_key.contains(search_key(term), autoescape=True),
            Account.name_key.contains(search_key(term), autoescape=True),
        )
        conditions.append(or_(*matches))
    return conditions
