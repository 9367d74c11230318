"""All people that a viewer sees: sorted by address, searched by address, name and account."""

from sqlalchemy import ColumnElement, func, or_, select

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, User, email_address
from portal.models.types import fold


def page(viewer: User, term: str, account: Account | None, place: Place) -> Slice:
    """One statement."""
    rows = access.visible_users(viewer).where(*_conditions(term, account))
    return paging.page(rows, User.email, place)


def count(viewer: User, term: str, account: Account | None) -> int:
    """One statement."""
    rows = access.visible_users(viewer).where(*_conditions(term, account)).with_only_columns(User.id)
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def _conditions(term: str, account: Account | None) -> list[ColumnElement[bool]]:
    conditions = [] if account is None else [User.account_id == account.id]
    if term:
        matches = (
            User.email_key.contains(email_address.canonical(term), autoescape=True),
            User.name.contains(term, autoescape=True),
            func.lower(User.name).contains(term.lower(), autoescape=True),
            Account.name_key.contains(fold(term), autoescape=True),
        )
        conditions.append(or_(*matches))
    return conditions
