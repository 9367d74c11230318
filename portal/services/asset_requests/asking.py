"""What the person does who asks."""

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, AssetRequest, AssetRequestState, User
from portal.services import limits

LONGEST_WORDS = 500
MOST_WORDS = 2_000
"""Together with what was added later."""


def ask(asset: Asset, *, words: str, by: User) -> bool:
    """Puts the asset into the staff's work queue; does not call BitTitan. Returns False, and writes nothing, if the
    account has asked already and has no answer yet. Raises Conflict, BudgetSpent."""
    if _open_one(asset.id, by) is not None:
        return False
    _check(asset)
    limits.check(limits.ASKED, by=by)
    with transaction():
        row = lock(Asset, asset.id)
        if _open_one(row.id, by) is not None:
            return False
        _check(row)
        now = clock.now()
        db.session.add(
            AssetRequest(asset_id=row.id, account_id=by.account_id, asked_by_id=by.id, asked_at=now, words=words)
        )
        row.asked_at = row.asked_at or now
        audit.record("asset", row.id, "ask", by=by)
        return True


def add_words(request: AssetRequest, *, words: str, by: User) -> None:
    """By the person who asked. Raises NotVisible, InvalidInput, Conflict once it is settled."""
    if request.asked_by_id != by.id:
        raise NotVisible
    with transaction():
        lock(Asset, request.asset_id)
        row = lock(AssetRequest, request.id)
        if not row.is_open:
            raise Conflict(_("Your request has been settled in the meantime."))
        together = "\n\n".join(filter(None, (row.words, words)))
        if len(together) > MOST_WORDS:
            raise InvalidInput("words", _("That is more than a request holds. Write to us instead."))
        row.words, row.version = together, row.version + 1
        audit.record("asset", row.asset_id, "add words", by=by)


def _check(asset: Asset) -> None:
    if not asset.may_sync:
        raise Conflict(_("There is nothing to try again now."))


def _open_one(asset_id: int, by: User) -> AssetRequest | None:
    is_its = (AssetRequest.asset_id == asset_id, AssetRequest.account_id == by.account_id)
    return db.session.scalar(select(AssetRequest).where(*is_its, AssetRequest.state == AssetRequestState.OPEN))
