"""The owner of a coupon: a code whose check names one of our references belongs to that reference's asset, in every
state of either, and nowhere else.
"""

from sqlalchemy import select

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Asset, SyncStatus
from portal.providers.base import IssuedCoupon


def check_owner(asset: Asset, coupon: IssuedCoupon | None) -> None:
    """Raises InvalidInput, naming the right asset."""
    if coupon is None or coupon.reference == asset.reference:
        return
    owner = asset_of_reference(coupon.reference)
    if owner is not None and owner.id != asset.id:
        raise errors.InvalidInput("code", _belongs(owner), link=("asset", owner.id))


def asset_of_reference(reference: str | None) -> Asset | None:
    """Reads the current row. Returns None for a reference that was not ordered here."""
    if reference is None:
        return None
    return db.session.scalar(select(Asset).where(Asset.reference == reference), execution_options=_AS_IT_IS)


def needs_coupon(owner: Asset) -> bool:
    """An asset that has its code, or is cancelled, has no use for a further coupon."""
    return owner.is_active and owner.sync_status is not SyncStatus.SYNCHRONIZED


def needed_sentence(owner: Asset) -> str:
    return _(
        "BitTitan issued this coupon for %(number)s. It cannot be attached to another asset until that one has its "
        "own code or is cancelled. Nothing was changed.",
        number=owner.number,
    )


def _belongs(owner: Asset) -> str:
    if owner.may_attach:
        return _("This code was issued for %(number)s: attach it there.", number=owner.number)
    if owner.is_unsettled:
        return _(
            "This code was issued for %(number)s, which is being looked up at BitTitan. The code is recorded there "
            "automatically.",
            number=owner.number,
        )
    return _(
        "This code was issued for %(number)s, which does not need it. The next comparison with BitTitan puts it into "
        "the surplus register: attach it from there.",
        number=owner.number,
    )


_AS_IT_IS = {"populate_existing": True}
