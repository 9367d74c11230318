"""The operations of the contract, each as a function of the sandbox and one call."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta

from . import times
from .errors import Problem
from .messages import Answer, Call
from .state import Sandbox
from .storage.coupons import Effects
from .storage.shapes import SKUS, organization_id, shown


def health(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, {"Status": "ok"})


def sign_in(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    email, password = call.body["EmailAddress"], call.body["Password"]
    known = hmac.compare_digest(email.lower().encode(), sandbox.settings.email.lower().encode())
    if not known & hmac.compare_digest(password.encode(), sandbox.settings.password.encode()):
        raise Problem("SignInFailed", "The e-mail address or the password is wrong.")
    start = times.now()
    end = times.text(start + timedelta(seconds=sandbox.settings.ticket_seconds))
    words = "~".join([times.text(start), end, secrets.token_hex(8)])
    ticket = f"{words}~{_signature(sandbox, words)}"
    own = organization_id(sandbox.settings.email)
    return Answer(201, {"Ticket": ticket, "ExpirationDate": end, "OrganizationId": own})


def require_ticket(sandbox: Sandbox, authorization: str) -> None:
    scheme, _, ticket = authorization.partition(" ")
    words, _, signature = ticket.rpartition("~")
    if scheme != "Ticket" or not hmac.compare_digest(signature.encode(), _signature(sandbox, words).encode()):
        raise Problem("TicketInvalid", "Sign in first.")
    start, end, _ = words.split("~")
    if end <= times.text(times.now()) or start <= (sandbox.store.meta("tickets_ended_at") or ""):
        raise Problem("TicketExpired", "The ticket has expired. Sign in again.")


def _signature(sandbox: Sandbox, words: str) -> str:
    key = sandbox.store.meta("secret").encode()
    return hmac.new(key, words.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()


def list_product_skus(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, {"Entities": list(SKUS)})


def find_organization(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    email = call.values["EmailAddress"].lower()
    if email.startswith("unknown"):
        return Answer(200, {"Entities": []})
    id = organization_id(email)
    if not sandbox.store.row("SELECT id FROM organizations WHERE id = ?", id):
        row = {"id": id, "email": email}
        sandbox.store.insert("organizations", row, otherwise="ON CONFLICT (id) DO NOTHING")
    name = email.rpartition("@")[2].partition(".")[0].title()
    return Answer(200, {"Entities": [{"OrganizationId": id, "Name": name}]})


def create_coupon(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    order, settings = call.body, sandbox.settings
    deadline = call.values.get("X-Not-After")
    if deadline and settings.honours_not_after and not effects.ignore_deadline:
        if times.now() > times.parse(deadline):
            raise Problem("DeadlinePassed", "The deadline has passed. Nothing was done.")
    if settings.known_organizations_only:
        _require_known(sandbox, order["OrganizationId"].lower())
    status, coupon = sandbox.coupons.create(
        order, idempotent=settings.kind == "idempotent", effects=effects, request_id=call.request_id
    )
    return Answer(status, coupon)


def _require_known(sandbox: Sandbox, id: str) -> None:
    own = organization_id(sandbox.settings.email)
    if id != own and not sandbox.store.row("SELECT id FROM organizations WHERE id = ?", id):
        raise Problem("AccountNotLinked", "This organization is not linked to your account.")


def search_coupons(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, sandbox.coupons.search(call.values))


def get_coupon(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, shown(sandbox.coupons.get(call.values["Id"])))


def check_coupons(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, {"Results": [sandbox.coupons.check(code) for code in call.body["Codes"]]})


def revoke_coupon(sandbox: Sandbox, call: Call, effects: Effects) -> Answer:
    return Answer(200, sandbox.coupons.revoke(call.values["Id"], call.request_id))


OPERATIONS: dict[str, Callable[[Sandbox, Call, Effects], Answer]] = {
    "health": health,
    "signIn": sign_in,
    "listProductSkus": list_product_skus,
    "findOrganization": find_organization,
    "createCoupon": create_coupon,
    "searchCoupons": search_coupons,
    "getCoupon": get_coupon,
    "checkCoupons": check_coupons,
    "revokeCoupon": revoke_coupon,
}
NOT_ON_BLIND = ("searchCoupons", "getCoupon")


def reference_of(sandbox: Sandbox, call: Call) -> str | None:
    """Returns the reference that a call is about, which is matched with the faults."""
    if call.operation == "createCoupon":
        return call.body["ExternalReference"]
    if "Id" in call.values:
        row = sandbox.coupons.find(id=call.values["Id"])
        return row["reference"] if row else None
    return call.values.get("ExternalReference")
