"""Which organisation at BitTitan an account is. It is looked up by its e-mail address there; none is ever created."""

from dataclasses import dataclass

from flask_babel import gettext as _

from portal.core import audit, clock, errors
from portal.core.errors import InvalidInput
from portal.extensions import db
from portal.models import Account
from portal.providers.base import Absent, Found, Unavailable
from portal.providers.causes import Cause
from portal.services import vendor


@dataclass(frozen=True)
class Answer:
    email: str
    organization: Found | None
    """None: BitTitan answered, and it knows no such address."""


def check_address(email: str | None) -> None:
    """Raises InvalidInput."""
    if not email:
        raise InvalidInput("bittitan_email", _("Enter the e-mail address that this account uses at BitTitan."))


def ask(email: str | None) -> Answer:
    """Holds no transaction and no connection meanwhile. Raises InvalidInput, Unavailable: then nothing is known."""
    check_address(email)
    seller_id = vendor.seller_id()
    db.session.commit()
    match vendor.provider().find_organization(email, seller_id=seller_id):
        case Found() as found:
            return Answer(email, found)
        case Absent():
            return Answer(email, None)
        case Unavailable(cause=Cause.OTHER_ORGANIZATION):
            raise errors.Unavailable(
                _("The portal’s sign-in belongs to another BitTitan organisation, so nothing was changed.")
            )
        case Unavailable(needs_person=True):
            raise errors.Unavailable(
                _("BitTitan does not accept the portal’s own sign-in, so nothing was changed. Tell an administrator.")
            )
    raise errors.Unavailable(_("BitTitan is not answering, so nothing was changed. Try again in a few minutes."))


def record(account: Account, answer: Answer, by: audit.Actor) -> None:
    """Inside the caller's transaction, on the fresh row, whose address is the one that was asked for."""
    if answer.organization is None:
        drop(account, by, why=_("BitTitan does not know %(email)s", email=answer.email))
        return
    found = answer.organization
    if account.organization_id != found.organization_id:
        _tell(account, "synchronized", found.organization_id, by)
    account.organization_id, account.organization_name = found.organization_id, found.name[:200]
    account.synchronized_at = clock.now()


def drop(account: Account, by: audit.Actor, *, why: str) -> None:
    """Inside the caller's transaction, on the fresh row. Open attempts keep what they were reserved with."""
    if not account.is_synchronized:
        return
    _tell(account, "unsynchronized", None, by, why)
    account.organization_id = account.organization_name = account.synchronized_at = None


def _tell(account: Account, act: str, after: str | None, by: audit.Actor, why: str | None = None) -> None:
    audit.record(
        "account", account.id, act, by=by, field="organization_id", before=account.organization_id, after=after, why=why
    )
