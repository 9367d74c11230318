"""How a request ends, once: the staff answer or close it, its asset gets its code, or is cancelled."""

import re
from datetime import datetime

from sqlalchemy import func, select

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, AssetRequest, AssetRequestState, Coupon, RequestEnd, User
from portal.services.asset_requests.endings import ENDINGS
from portal.services.mail import events
from portal.services.mail.telling import requests as mails

LONGEST_ANSWER = LONGEST_REMARK = 500
_LIKE_A_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{5,}")


def answer(request: AssetRequest, *, words: str, remark: str, version: int, by: User) -> None:
    """Raises InvalidInput, StaleVersion, and Conflict if it is settled already."""
    with transaction():
        asset = lock(Asset, request.asset_id)
        settle(asset, request.id, words=words, remark=remark, version=version, by=by)


def settle(asset: Asset, request_id: int, *, words: str, remark: str, version: int, by: User) -> None:
    """Inside a transaction that holds the asset. As `answer`."""
    row, now = _locked(request_id, version), clock.now()
    _check_texts(words=words, remark=remark)
    _end(row, AssetRequestState.ANSWERED, now, by=by, answer=words, remark=remark)
    audit.record("asset", asset.id, "answer request", by=by, why=_recorded(words, remark))
    mails.tell(row, events.REQUEST_ANSWERED, now, answer=words)
    _keep_oldest(asset)


def close(
    request: AssetRequest, *, because: RequestEnd, words: str, remark: str, version: int, by: User
) -> None:  # fmt: skip
    """As `answer`. `because` OTHER needs words."""
    if because is RequestEnd.OTHER and not words:
        raise InvalidInput("words", _("Say why, in words that the person can act on."))
    with transaction():
        asset = lock(Asset, request.asset_id)
        row, now = _locked(request.id, version), clock.now()
        _check_texts(words=words, remark=remark)
        _end(row, AssetRequestState.CLOSED, now, by=by, closed_because=because, answer=words, remark=remark)
        audit.record("asset", asset.id, "close request", by=by, after=because, why=_recorded(words, remark))
        mails.tell(row, events.REQUEST_CLOSED, now, answer=words, reason=ENDINGS[because])
        _keep_oldest(asset)


def deliver(asset: Asset, *, by: Actor, at: datetime) -> None:
    """Inside a transaction that holds the asset: it has got its code."""
    for row in _open(asset):
        _end(row, AssetRequestState.DELIVERED, at, by=by)
        audit.record("asset", asset.id, "deliver request", by=by)
        mails.tell(row, events.REQUEST_DELIVERED, at)
    asset.asked_at = None


def drop(asset: Asset, *, by: Actor, at: datetime) -> None:
    """Inside a transaction that holds the asset: it was cancelled."""
    for row in _open(asset):
        _end(row, AssetRequestState.CLOSED, at, by=by, closed_because=RequestEnd.CANCELLED)
        audit.record("asset", asset.id, "close request", by=by, after=RequestEnd.CANCELLED)
        mails.tell(row, events.REQUEST_CLOSED, at, answer="", reason=ENDINGS[RequestEnd.CANCELLED])
    asset.asked_at = None


def moved() -> StaleVersion:
    return StaleVersion(_("Something happened to this request in the meantime. Look at it, then press again."))


def _locked(request_id: int, version: int) -> AssetRequest:
    row = lock(AssetRequest, request_id)
    if not row.is_open:
        raise Conflict(_("This request is settled already; look below at how. Nothing was done."))
    if row.version != version:
        raise moved()
    return row


def _open(asset: Asset) -> list[AssetRequest]:
    is_its = (AssetRequest.asset_id == asset.id, AssetRequest.state == AssetRequestState.OPEN)
    with db.session.no_autoflush:  # whoever records a code decides when its constraints are asked
        return list(db.session.scalars(select(AssetRequest).where(*is_its).order_by(AssetRequest.id).with_for_update()))


def _end(row: AssetRequest, state: AssetRequestState, at: datetime, *, by: Actor, **values: object) -> None:
    person = audit.person_of(by)
    ending = {"state": state, "settled_at": at, "settled_by_id": person and person.id, "version": row.version + 1}
    for name, value in (ending | values).items():
        setattr(row, name, value)


def _keep_oldest(asset: Asset) -> None:
    """Another account may still wait for its answer."""
    is_its = (AssetRequest.asset_id == asset.id, AssetRequest.state == AssetRequestState.OPEN)
    asset.asked_at = db.session.scalar(select(func.min(AssetRequest.asked_at)).where(*is_its))


def _recorded(words: str, remark: str) -> str | None:
    return "\n".join(filter(None, (words, remark))) or None


def _check_texts(**texts: str) -> None:
    """Answers go by mail and are not masked, so no code may stand in them."""
    for name, text in texts.items():
        parts = {form for part in _LIKE_A_CODE.findall(text) for form in (part, part.upper())}
        if parts and db.session.scalar(select(Coupon.id).where(Coupon.code.in_(parts)).limit(1)) is not None:
            raise InvalidInput(name, _("That holds a coupon code. Leave it out: nobody needs it to read the answer."))
