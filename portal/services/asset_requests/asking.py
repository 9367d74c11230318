"""What people do who ask."""

import enum

from sqlalchemy import select

from portal.core import access, audit, clock
from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, AssetRequest, AssetRequestState, User
from portal.services import limits
from portal.services.mail.telling import asked

LONGEST_WORDS = 500
MOST_WORDS = 2_000
"""Together with what was added later."""
_APART = "\n\n"


class Asked(enum.Enum):
    NEW = "new"
    ADDED = "added"
    """Words, to the open request of the account."""
    ALREADY = "already"
    """The account has an open request, which says this; nothing was written."""


def ask(asset: Asset, *, words: str, by: User) -> Asked:
    """Puts the asset into the staff's work queue; does not call BitTitan. An account has one open request about an
    asset: who asks again adds words to it, or nothing. Raises Conflict, InvalidInput, BudgetSpent; NotVisible if the
    account has moved meanwhile."""
    has_open = _open_one(asset.id, by) is not None
    if has_open and not words:
        return Asked.ALREADY
    if not has_open:
        _check(asset)
    limits.check(limits.ASKED, by=by)
    with transaction():
        row = lock(Asset, asset.id)
        if not access.sees_asset(by, row):
            raise NotVisible()
        request = _open_one(row.id, by)
        if request is None:
            _check(row)
            _begin(row, words, by)
            return Asked.NEW
        said = _said(request, words, by)
        if not words or f"{_APART}{request.words}".endswith(f"{_APART}{said}"):  # perhaps the same form, pressed twice
            return Asked.ALREADY
        _add(request, said, by)
        return Asked.ADDED


def _begin(asset: Asset, words: str, by: User) -> None:
    now = clock.now()
    request = AssetRequest(asset_id=asset.id, account_id=by.account_id, asked_by_id=by.id, asked_at=now, words=words)
    db.session.add(request)
    asset.asked_at = asset.asked_at or now
    asked.tell(request, asset, by)
    audit.record("asset", asset.id, "ask", by=by)


def _said(request: AssetRequest, words: str, by: User) -> str:
    """With the name of who adds to what somebody else asked."""
    return words if request.asked_by_id == by.id else f"{by.name}: {words}"


def _add(request: AssetRequest, said: str, by: User) -> None:
    """The version rises, so that nobody answers without having read it."""
    together = _APART.join(filter(None, (request.words, said)))
    if len(together) > MOST_WORDS:
        raise InvalidInput("words", _("Your request is long enough by now. Write to us instead."))
    request.words, request.version = together, request.version + 1
    audit.record("asset", request.asset_id, "add words", by=by)


def _check(asset: Asset) -> None:
    if not asset.may_sync:
        raise Conflict(_("There is nothing to try again now."))


def _open_one(asset_id: int, by: User) -> AssetRequest | None:
    is_its = (AssetRequest.asset_id == asset_id, AssetRequest.account_id == by.account_id)
    rows = select(AssetRequest).where(*is_its, AssetRequest.state == AssetRequestState.OPEN)
    return db.session.scalar(rows.execution_options(populate_existing=True))
