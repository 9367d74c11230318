"""Whom the portal tells about an asset. Lists show it, and what sends messages asks here as well."""

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.viewer import Viewer
from portal.models import Account, AccountKind, Asset, User

_PERSON, _HOME = aliased(User), aliased(Account)


def is_told(person: type[User], home: type[Account]) -> ColumnElement[bool]:
    """Of `person`, whose account is `home`: people of the asset's account and of its partner who can sign in. Nobody is
    told about an imported asset, and the distributor's own people are not contacts."""
    return and_(
        home.id == person.account_id,
        or_(home.id == Asset.account_id, home.id == Asset.branch_id),
        home.kind != AccountKind.DISTRIBUTOR,
        home.disabled_at.is_(None),
        person.disabled_at.is_(None),
        person.password_hash.is_not(None),
        Asset.imported_at.is_(None),
    )


def addresses(viewer: User | Viewer) -> ScalarSelect[str | None]:
    """Of an asset, separated by commas; only those of people whom the viewer sees."""
    seen = access.in_tree_of(viewer.account, _HOME.branch_id, _HOME.id)
    told = select(_PERSON.email.label("email")).where(is_told(_PERSON, _HOME), seen)
    ordered = told.order_by(_PERSON.email_key, _PERSON.id).correlate(Asset).subquery()
    return select(func.aggregate_strings(ordered.c.email, ", ")).scalar_subquery()
