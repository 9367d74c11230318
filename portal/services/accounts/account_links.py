"""Which organisation at BitTitan an account is. It is found by its e-mail address there, and never created."""

from dataclasses import dataclass

from portal.core import audit, clock, errors
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, email_address
from portal.providers.base import Absent, Found, Unavailable
from portal.providers.causes import Cause
from portal.services import vendor


@dataclass(frozen=True)
class Answer:
    email: str
    organization: Found | None
    """None: BitTitan answered that it does not know the address."""


def check_address(email: str | None) -> None:
    """Raises InvalidInput."""
    if not email:
        raise InvalidInput("bittitan_email", _("Enter the e-mail address that this account uses at BitTitan."))


def look_up_organization(email: str | None) -> Answer:
    """Holds no transaction and no connection while it asks. Raises InvalidInput; Unavailable if there is no usable
    answer."""
    check_address(email)
    seller_id = vendor.seller_id()
    db.session.commit()
    answer = _find(email, seller_id)
    match answer:
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
    raise vendor.no_answer(answer)


def _find(email: str, seller_id: str | None) -> Found | Absent | Unavailable:
    """BitTitan may know an address by either form of its domain."""
    for each in email_address.spellings(email):
        answer = vendor.provider().find_organization(each, seller_id=seller_id)
        if not isinstance(answer, Absent):
            break
    return answer


def record(account: Account, answer: Answer, by: audit.Actor) -> None:
    """Inside the caller's transaction, on the locked row, whose address must be the one that was asked for."""
    if answer.organization is None:
        drop(account, by, why=_("BitTitan does not know %(email)s", email=answer.email))
        return
    organization = answer.organization
    if account.organization_id != organization.organization_id:
        _audit(account, "synchronized", organization.organization_id, by)
    account.organization_id, account.organization_name = organization.organization_id, organization.name[:200]
    account.synchronized_at = clock.now()


def drop(account: Account, by: audit.Actor, *, why: str) -> None:
    """Inside the caller's transaction, on the locked row. Open attempts keep the organisation that they were reserved
    with."""
    if not account.is_synchronized:
        return
    _audit(account, "unsynchronized", None, by, why)
    account.organization_id = account.organization_name = account.synchronized_at = None


def _audit(account: Account, act: str, after: str | None, by: audit.Actor, why: str | None = None) -> None:
    audit.record(
        "account", account.id, act, by=by, field="organization_id", before=account.organization_id, after=after, why=why
    )
