"""BitTitan over HTTP, as the contract says (portal/sandbox/bittitan.yaml)."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from portal.config import BitTitanSettings, ProvisioningSettings
from portal.providers import base, codes, coupons, redaction, shapes
from portal.providers.base import Deadline
from portal.providers.shapes import Misshapen
from portal.providers.wire import Answer, Lost, Request, exchange

LONGEST_SEARCH = 20
LONGEST_PAUSE = 600
DEFAULT_PAUSE = 30
RENEW_BEFORE_END = 60
AS_ASKED_WITHIN = timedelta(days=1)

_NOT_SENT = {(409, "DeadlinePassed"), (503, "Maintenance")}
_STILL_UNKNOWN = {(409, "RequestInProgress"), (422, "ReferenceReused")}


@dataclass(frozen=True)
class _Ticket:
    value: str = field(repr=False)
    organization_id: str
    ends: float
    """On the monotonic clock."""


class BitTitan:
    """One for each process; threads share it, and with it the ticket."""

    def __init__(self, server: BitTitanSettings, times: ProvisioningSettings):
        self._server, self._times = server, times
        self._ticket: _Ticket | None = None
        self._lock = threading.Lock()

    def create_coupon(self, order: base.CouponOrder, deadline: Deadline) -> base.Outcome:
        ticket = self._ticket_or_refusal(deadline)
        if isinstance(ticket, base.NotSent):
            return ticket
        request = self._request("POST", "/v1/coupons", ticket, body=order.payload.encode(), order=order)
        if ticket.organization_id != order.seller_id:
            return base.NotSent("OtherOrganization", "", _unsent(request), needs_person=True)
        result = exchange(request, deadline)
        return _outcome(order, result, _trace(request, result))

    def renew_ticket(self) -> None:
        self._ticket = None

    def find_coupons(self, reference: str, *, seller_id: str | None = None) -> base.Answered | base.Unanswered:
        """Complete only if each page answered; entities under another reference mean that it was not understood."""
        found: list[base.IssuedCoupon] = []
        seen, total = 0, 1
        for _page in range(LONGEST_SEARCH):
            params = {"ExternalReference": reference, "Offset": seen, "Count": coupons.PAGE}
            answer = self._ask("GET", "/v1/coupons", params=params, seller_id=seller_id)
            if isinstance(answer, base.Unanswered):
                return answer
            content, trace = answer
            try:
                page = [shapes.read_coupon(entity) for entity in shapes.read_list(content)]
                total = shapes.read_count(content, "TotalCount")
            except Misshapen:
                return base.Unanswered("UnexpectedAnswer", trace)
            found += [coupon for coupon in page if coupon.reference == reference]
            seen += len(page)
            if seen >= total or not page:
                break
        if not found and (seen or total):
            return base.Unanswered("UnexpectedAnswer", trace)
        return base.Answered(tuple(found), trace)

    def list_coupons(
        self, *, since: datetime | None = None, seller_id: str | None = None
    ) -> Iterator[base.CouponPage | base.Unanswered]:
        return coupons.walk(partial(self._ask, seller_id=seller_id), since)

    def read_coupon(
        self, coupon_id: str, *, seller_id: str | None = None
    ) -> base.IssuedCoupon | base.Absent | base.Unanswered:
        return coupons.read(partial(self._ask, seller_id=seller_id), coupon_id)

    def revoke_coupon(
        self, coupon_id: str, *, seller_id: str | None = None
    ) -> base.Revoked | base.NotRevoked | base.Unanswered:
        return coupons.revoke(partial(self._ask, seller_id=seller_id), coupon_id)

    def check_code(self, code: str, *, seller_id: str | None = None) -> base.Checked | base.Unanswered:
        answer = self._ask("POST", "/v1/coupons/check", body={"Codes": [code]}, seller_id=seller_id)
        if isinstance(answer, base.Unanswered):
            return answer
        content, trace = answer
        try:
            (result,) = shapes.read_list(content, "Results")
            if result["Code"] != code or not isinstance(result["Valid"], bool):
                raise Misshapen("another code")
            coupon = None if result.get("Coupon") is None else shapes.read_coupon(result["Coupon"])
            reason = shapes.readable(codes.hide(str(result.get("Reason") or ""), {code}))
        except (Misshapen, ValueError, KeyError, TypeError):
            return base.Unanswered("UnexpectedAnswer", trace)
        if coupon is not None and coupon.code != code:
            return base.Unanswered("UnexpectedAnswer", trace)
        return base.Checked(result["Valid"], reason or None, coupon, trace)

    def sign_in(self) -> base.SignedIn | base.Unavailable:
        self._ticket = None
        ticket = self._ticket_or_refusal(Deadline(self._times.total_timeout))
        if isinstance(ticket, base.NotSent):
            return base.Unavailable(ticket.cause, ticket.message, ticket.needs_person, ticket.pause)
        return base.SignedIn(ticket.organization_id)

    def find_organization(
        self, email: str, *, seller_id: str | None = None
    ) -> base.Found | base.Absent | base.Unavailable:
        answer = self._ask("GET", "/v1/organizations", params={"EmailAddress": email}, seller_id=seller_id)
        if isinstance(answer, base.Unanswered):
            return base.Unavailable(answer.cause, needs_person=answer.needs_person)
        try:
            entities = shapes.read_list(answer[0])
            if not entities:
                return base.Absent()
            (entity,) = entities
            name = entity.get("Name")
            return base.Found(shapes.read_uuid(entity, "OrganizationId"), shapes.readable(str(name or ""))[:200])
        except (Misshapen, ValueError, AttributeError):
            return base.Unavailable("UnexpectedAnswer")

    def product_skus(self, *, seller_id: str | None = None) -> list[base.Sku] | base.Unavailable:
        answer = self._ask("GET", "/v1/product-skus", seller_id=seller_id)
        if isinstance(answer, base.Unanswered):
            return base.Unavailable(answer.cause, needs_person=answer.needs_person)
        try:
            return [shapes.read_sku(entity) for entity in shapes.read_list(answer[0])]
        except Misshapen:
            return base.Unavailable("UnexpectedAnswer")

    def _ask(
        self, method: str, path: str, *, seller_id: str | None, params: dict | None = None, body: dict | None = None
    ) -> tuple[dict[str, Any], base.Trace] | base.Unanswered:
        """A question that may be repeated; a ticket that ran out is renewed once."""
        deadline = Deadline(self._times.total_timeout)
        for is_last in (False, True):
            ticket = self._ticket_or_refusal(deadline)
            if isinstance(ticket, base.NotSent):
                return base.Unanswered(ticket.cause, ticket.trace, pause=ticket.pause, needs_person=ticket.needs_person)
            content = json.dumps(body).encode() if body else None
            request = self._request(method, path, ticket, params=params, body=content)
            if seller_id not in (None, ticket.organization_id):
                return base.Unanswered("OtherOrganization", _unsent(request), needs_person=True)
            result = exchange(request, deadline)
            if is_last or not (isinstance(result, Answer) and result.status == 401):
                break
            self._ticket = None
        trace = _trace(request, result)
        if isinstance(result, Lost):
            return base.Unanswered(result.cause, trace)
        if result.status != 200:
            return _unanswered(result, trace, redaction.known_to(request))
        try:
            return shapes.read_object(result), trace
        except Misshapen:
            return base.Unanswered("UnexpectedAnswer", trace)

    def _ticket_or_refusal(self, deadline: Deadline) -> _Ticket | base.NotSent:
        with self._lock:
            if self._ticket is None or self._ticket.ends - time.monotonic() < RENEW_BEFORE_END:
                ticket = self._sign_in(deadline)
                if isinstance(ticket, base.NotSent):
                    return ticket
                self._ticket = ticket
            return self._ticket

    def _sign_in(self, deadline: Deadline) -> _Ticket | base.NotSent:
        """However it fails: no purchase was sent."""
        body = json.dumps({"EmailAddress": self._server.email, "Password": self._server.password}).encode()
        request = self._request("POST", "/v1/tickets", None, body=body)
        result = exchange(request, deadline)
        trace = _trace(request, result)
        if isinstance(result, Lost):
            return base.NotSent(result.cause, "", trace)
        if result.status != 201:
            error = shapes.read_error(result, redaction.known_to(request))
            if error is None:  # a proxy's page says nothing about the sign-in
                return base.NotSent("UnexpectedAnswer", "", trace)
            pause = _pause(result) if result.status in (429, 503) else None
            return base.NotSent(*error, trace, pause=pause, needs_person=result.status in (401, 403))
        try:
            content = shapes.read_object(result)
            life = shapes.read_instant(content.get("ExpirationDate")) - datetime.now(UTC)
            organization_id = shapes.read_uuid(content, "OrganizationId")
            ends = time.monotonic() + max(life.total_seconds(), RENEW_BEFORE_END + 1)
            return _Ticket(str(content["Ticket"]), organization_id, ends)
        except (Misshapen, KeyError):
            return base.NotSent("UnexpectedAnswer", "", trace)

    def _request(self, method, path, ticket, *, params=None, body=None, order=None) -> Request:
        headers = {"Authorization": f"Ticket {ticket.value}"} if ticket else {}
        if body:
            headers["Content-Type"] = "application/json"
        if order:
            headers["X-Not-After"] = order.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")
        times = self._times
        return Request(
            method, self._server.url + path, headers, params, body,
            is_purchase=order is not None, connect_timeout=times.connect_timeout, read_timeout=times.read_timeout,
        )  # fmt: skip


def _outcome(order: base.CouponOrder, result: Answer | Lost, trace: base.Trace) -> base.Outcome:
    """The table of design §3: only what is certain is called refused, not sent or issued."""
    if isinstance(result, Lost):
        kind = base.Unknown if result.may_have_arrived else base.NotSent
        return kind(result.cause, "", trace)
    if 200 <= result.status < 300:
        return _issued(order, result, trace)
    error = shapes.read_error(result)
    if error is None:
        return base.Unknown("UnexpectedAnswer", "", trace)
    cause, message = error
    if result.status == 401:
        return base.NotSent(cause, message, trace, needs_ticket=True)
    if result.status == 429 or (result.status, cause) in _NOT_SENT:
        pause = None if result.status == 409 else _pause(result)
        return base.NotSent(cause, message, trace, pause=pause)
    is_refusal = result.status in (400, 403, 404, 409, 422) and (result.status, cause) not in _STILL_UNKNOWN
    return (base.Refused if is_refusal else base.Unknown)(cause, message, trace)


def _unanswered(result: Answer, trace: base.Trace, known: set[str]) -> base.Unanswered:
    error = shapes.read_error(result, known)
    if error is None:
        return base.Unanswered("UnexpectedAnswer", trace, result.status)
    asks_for_pause = result.status == 429 or (result.status, error[0]) == (503, "Maintenance")
    pause = _pause(result) if asks_for_pause else None
    return base.Unanswered(error[0], trace, result.status, pause, result.status == 401)


def _issued(order: base.CouponOrder, result: Answer, trace: base.Trace) -> base.Issued | base.Unknown:
    try:
        coupon = shapes.read_coupon(shapes.read_object(result))
    except Misshapen:
        return base.Unknown("UnexpectedAnswer", "", trace)
    runs_out = coupon.created + timedelta(days=order.expire_days)
    if not order.is_met_by(coupon) or abs(coupon.expires - runs_out) > AS_ASKED_WITHIN:
        is_ours = coupon.reference == order.reference
        return base.Unknown("NotAsAsked", "", trace, coupon if is_ours else None)
    return base.Issued(coupon, trace)


def _trace(request: Request, result: Answer | Lost) -> base.Trace:
    status = result.status if isinstance(result, Answer) else None
    answered = redaction.response_text(request, result)
    return base.Trace(redaction.request_text(request), answered, status, result.milliseconds)


def _unsent(request: Request) -> base.Trace:
    return base.Trace(redaction.request_text(request), "", None, 0)


def _pause(answer: Answer) -> float:
    """Retry-After, in seconds or as a date; at most ten minutes."""
    text = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "").strip()
    if text.isascii() and text.isdigit():
        return float(min(max(int(text[:9]), 1), LONGEST_PAUSE))
    try:
        seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return DEFAULT_PAUSE
    return min(max(seconds, 1), LONGEST_PAUSE)
