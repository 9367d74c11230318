"""What somebody with a hand-over link and its PIN sees.

A PIN is counted before it is checked, so that many at once cannot try more than MOST_WRONG. Whether there is no such
link, or it is over, or the PIN is wrong, is told to nobody: a PIN is compared in each case.
"""

from dataclasses import dataclass

from sqlalchemy import Row, update

from portal.core import access, audit, clock, security_log, tokens
from portal.core.errors import NotVisible, TooMany
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, Event, HandoverLink, Result, User
from portal.services.handovers import code_status
from portal.services.handovers.code_status import CodeStatus
from portal.services.handovers.making import ACT, DIGITS, FIELD, OPENED, REVEAL, may_hand_over, number
from portal.services.users import passwords, sign_in_throttle
from portal.services.users.sign_in_throttle import Bucket

MOST_WRONG = 5
_OF_ADDRESS = Bucket(FIELD, 20)


@dataclass(frozen=True)
class Opened:
    asset: Asset
    link: HandoverLink
    sender: str
    code_status: CodeStatus
    code: str | None


@dataclass(frozen=True)
class HandoverTry:
    address: str

    @property
    def counts(self) -> dict[str, Bucket]:
        return {f"guess/{_OF_ADDRESS.name}/{self.address}": _OF_ADDRESS}


def open_link(token: str, pin: str, *, address: str) -> Opened | None:
    """Records the opening before it returns the code. Returns None for any kind of failure. Raises TooMany."""
    guess = HandoverTry(address)
    seconds = sign_in_throttle.admit(guess)
    if seconds is not None:
        security_log.note(Event.HANDOVER_OPENED, Result.THROTTLED)
        raise TooMany(seconds)
    link = _counted(token)
    is_right = passwords.matches(link.pin_hash if link else None, pin) and len(pin) == DIGITS
    opened = _opened(link.id, guess) if link and is_right else None
    if opened is None:
        if link is not None:
            _close(link.id)
        security_log.note(Event.HANDOVER_OPENED, Result.REFUSED)
    return opened


def _counted(token: str) -> Row | None:
    """Counts a PIN as wrong, until it proves right."""
    links = update(HandoverLink).where(
        HandoverLink.token_hash == tokens.digest(token),
        HandoverLink.wrong_pins < MOST_WRONG,
        HandoverLink.revoked_at.is_(None),
        HandoverLink.closed_at.is_(None),
    )
    with transaction():
        links = links.where(HandoverLink.expires_at > clock.now()).values(wrong_pins=HandoverLink.wrong_pins + 1)
        rows = db.session.execute(
            links.returning(HandoverLink.id, HandoverLink.pin_hash), execution_options={"synchronize_session": False}
        )
        return rows.one_or_none()


def _close(link_id: int) -> None:
    with transaction():
        row = lock(HandoverLink, link_id)
        if row.wrong_pins >= MOST_WRONG and row.closed_at is None:
            row.closed_at = clock.now()
            audit.record("asset", row.asset_id, ACT, by=audit.HANDOVER, field="closed", after=number(row))


def _opened(link_id: int, guess: HandoverTry) -> Opened | None:
    with transaction():
        link = lock(HandoverLink, link_id)
        maker = db.session.get(User, link.made_by_id, populate_existing=True)
        asset = _asset_of(maker, link)
        if asset is None or not link.is_open(clock.now()):
            return None
        link.wrong_pins = max(0, link.wrong_pins - 1)
        sign_in_throttle.give_back(guess)
        told = code_status.of(asset, link.coupon_id)
        _record(link, told)
        code = asset.coupon.code if told is CodeStatus.CODE else None
        return Opened(asset, link, maker.account.name, told, code)


def _asset_of(maker: User, link: HandoverLink) -> Asset | None:
    """Only as long as whoever made the link sees the asset."""
    try:
        asset = access.visible_asset(maker, link.asset_id)
    except NotVisible:
        return None
    return asset if may_hand_over(maker, asset) else None


def _record(link: HandoverLink, told: CodeStatus) -> None:
    if told is CodeStatus.CODE:
        audit.record("asset", link.asset_id, REVEAL, by=audit.HANDOVER, field=FIELD, after=number(link))
    else:
        after = f"{number(link)}, {told.value}"
        audit.record("asset", link.asset_id, ACT, by=audit.HANDOVER, field=OPENED, after=after)
