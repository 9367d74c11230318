"""The requests: those of an asset, and for the staff all of them with search, filters and pages."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true, update
from sqlalchemy.orm import aliased, contains_eager, joinedload

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, Asset, AssetRequest, AssetRequestState, User
from portal.models.text_keys import search_key

CAP = 10_000
OF_ASSET, IN_QUEUE = 20, 5
_SETTLER, _USER = aliased(User), aliased(Account)


@dataclass(frozen=True)
class Filters:
    term: str = ""
    state: AssetRequestState | None = None
    asset_id: int | None = None


def page(viewer: User, filters: Filters, place: Place) -> Slice:
    """Rows of one request each, newest first. One statement."""
    return paging.page(_matching(viewer, filters), AssetRequest.asked_at, place, descending=True)


def count(viewer: User, filters: Filters) -> int:
    """Up to CAP + 1."""
    rows = _rows(viewer, filters).with_only_columns(AssetRequest.id, maintain_column_froms=True).limit(CAP + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def every(viewer: User, filters: Filters) -> Select:
    """All that match, newest first, as plain columns for a file."""
    rows = _rows(viewer, filters).outerjoin(_SETTLER, _SETTLER.id == AssetRequest.settled_by_id)
    return rows.order_by(AssetRequest.asked_at.desc(), AssetRequest.id.desc()).with_only_columns(
        AssetRequest.asset_id, Asset.name.label("asset"), _USER.name.label("used_by"), AssetRequest.asked_at,
        User.name.label("person"), Account.name.label("account"), AssetRequest.words, AssetRequest.state,
        AssetRequest.closed_because, AssetRequest.answer, AssetRequest.settled_at, _SETTLER.name.label("settled_by"),
        AssetRequest.remark, maintain_column_froms=True,
    )  # fmt: skip


def oldest(viewer: User) -> list[AssetRequest]:
    """The first few that wait, for the work queue. One statement."""
    rows = _matching(viewer, Filters(state=AssetRequestState.OPEN))
    return list(db.session.scalars(rows.order_by(AssetRequest.asked_at, AssetRequest.id).limit(IN_QUEUE)))


def visible_request(viewer: User, request_id: int) -> AssetRequest:
    """For the staff. Raises NotVisible."""
    return access.the_one(_matching(viewer, Filters()).where(AssetRequest.id == request_id))


def of_asset(viewer: User, asset: Asset) -> list[AssetRequest]:
    """The newest ones about an asset that the viewer sees: for the staff all, for others those of their own account,
    never the words of another one. One statement."""
    rows = _of(viewer, asset).order_by(AssetRequest.asked_at.desc(), AssetRequest.id.desc())
    return list(db.session.scalars(rows.limit(OF_ASSET)))


def follow_merge(merged: Account, kept: Account) -> None:
    """Inside a transaction. What both have asked about the same asset waits once, as the kept account's."""
    both = aliased(AssetRequest)
    is_open = AssetRequest.state == AssetRequestState.OPEN
    kept_ones = select(both.asset_id).where(both.account_id == kept.id, both.state == AssetRequestState.OPEN)
    twice = (AssetRequest.account_id == merged.id, is_open, AssetRequest.asset_id.in_(kept_ones))
    answered = {"state": AssetRequestState.ANSWERED, "settled_at": AssetRequest.asked_at}
    for statement in (
        update(AssetRequest).where(*twice).values(**answered),
        update(AssetRequest).where(AssetRequest.account_id == merged.id).values(account_id=kept.id),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _of(viewer: User, asset: Asset) -> Select[tuple[AssetRequest]]:
    is_readers = true() if viewer.is_staff else AssetRequest.account_id == viewer.account_id
    people = (joinedload(AssetRequest.asked_by).lazyload(User.account), joinedload(AssetRequest.account))
    settler = joinedload(AssetRequest.settled_by).lazyload(User.account)
    return select(AssetRequest).where(AssetRequest.asset_id == asset.id, is_readers).options(*people, settler)


def _matching(viewer: User, filters: Filters) -> Select[tuple[AssetRequest]]:
    return _rows(viewer, filters).options(
        contains_eager(AssetRequest.asset).contains_eager(Asset.account.of_type(_USER)),
        contains_eager(AssetRequest.asked_by).lazyload(User.account),
        contains_eager(AssetRequest.account),
        joinedload(AssetRequest.settled_by).lazyload(User.account),
    )


def _rows(viewer: User, filters: Filters) -> Select[tuple[AssetRequest]]:
    rows = select(AssetRequest).where(true() if viewer.is_staff else false())
    rows = rows.join(AssetRequest.asset).join(_USER, _USER.id == Asset.account_id)
    rows = rows.join(User, User.id == AssetRequest.asked_by_id).join(Account, Account.id == AssetRequest.account_id)
    return rows.where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    wanted = {AssetRequest.state: filters.state, AssetRequest.asset_id: filters.asset_id}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return [*conditions, _is_about(filters.term)] if filters.term else conditions


def _is_about(term: str) -> ColumnElement[bool]:
    """The asset's number or name, who asked, the account that asked or uses it, or words of the request or answer."""
    number = term.upper().removeprefix("AS-")
    row_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    names = (Asset.name_key, User.name_key, Account.name_key, _USER.name_key)
    return or_(
        *(name.contains(search_key(term), autoescape=True) for name in names),
        *(text.icontains(term, autoescape=True) for text in (AssetRequest.words, AssetRequest.answer)),
        *([AssetRequest.asset_id == row_id] if row_id else []),
    )
