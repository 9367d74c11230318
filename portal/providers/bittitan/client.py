"""The client of BitTitan's HTTP API; the contract is portal/sandbox/bittitan.yaml."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from portal.config import BitTitanSettings, ProvisioningSettings
from portal.providers import base
from portal.providers.bittitan import codes, coupons, redaction, shapes, vendor_clock
from portal.providers.bittitan.shapes import Misshapen
from portal.providers.bittitan.tickets import RENEW_BEFORE_END, Ticket, Tickets
from portal.providers.bittitan.vendor_clock import VendorClock
from portal.providers.bittitan.wire import Answer, Lost, Request, exchange
from portal.providers.causes import Cause

LONGEST_SEARCH = 20
LONGEST_PAUSE = 600
DEFAULT_PAUSE = 30
TICKET_LIFE = 300
"""Seconds for which a ticket is used whose expiry is already past: BitTitan itself says with a 401 when it is over."""
AS_ASKED_WITHIN = timedelta(days=1)

_NOT_SENT = {(409, Cause.DEADLINE_PASSED), (503, Cause.MAINTENANCE)}
_STILL_UNKNOWN = {(409, Cause.REQUEST_IN_PROGRESS), (422, Cause.REFERENCE_REUSED)}


class BitTitan:
    """One for each process; its threads share the client and its ticket."""

    def __init__(self, server: BitTitanSettings, times: ProvisioningSettings):
        self._server, self._times = server, times
        self._tickets, self._clock = Tickets(self._sign_in), VendorClock()

    @property
    def clock_offset(self) -> float | None:
        return self._clock.offset

    def heed(self, generation: int, seller_id: str | None) -> None:
        self._tickets.heed(generation, seller_id)

    def adopt(self, generation: int) -> None:
        self._tickets.adopt(generation)

    def create_coupon(self, order: base.CouponOrder, deadline: base.Deadline) -> base.Outcome:
        ticket = self._tickets.take(deadline, order.seller_id)
        if isinstance(ticket, base.NotSent):
            return ticket
        request = self._request("POST", "/v1/coupons", ticket, body=order.payload.encode(), order=order)
        if ticket.organization_id != order.seller_id:
            return _foreign(ticket, request)
        result = self._exchange(request, deadline)
        outcome = _outcome(order, result, _trace(request, result))
        self._learn(outcome, result)
        return outcome

    def renew_ticket(self) -> None:
        self._tickets.drop()

    def find_coupons(self, reference: str, *, seller_id: str | None = None) -> base.Answered | base.Unanswered:
        """Unanswered if a page fails, or if all coupons have other references: then the server ignored the filter."""
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
                return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)
            found += [coupon for coupon in page if coupon.reference == reference]
            seen += len(page)
            if seen >= total or not page:
                break
        if not found and (seen or total):
            return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)
        return base.Answered(tuple(found), trace)

    def list_coupons(
        self, *, since: datetime | None = None, seller_id: str | None = None
    ) -> Iterator[base.CouponPage | base.Unanswered]:
        return coupons.walk(partial(self._ask, seller_id=seller_id, is_recorded=False), since)  # many pages

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
            reason = "" if result.get("Reason") is None else shapes.read_string(result, "Reason")
            reason = shapes.readable(codes.hide(reason, {code}))
        except (Misshapen, ValueError, KeyError, TypeError):
            return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)
        if coupon is not None and coupon.code != code:
            return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)
        return base.Checked(result["Valid"], reason or None, coupon, trace)

    def sign_in(self) -> base.SignedIn | base.Unavailable:
        ticket = self._tickets.sign_in(base.Deadline(self._times.total_timeout))
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
            return base.Unavailable(Cause.UNEXPECTED_ANSWER)

    def product_skus(self, *, seller_id: str | None = None) -> list[base.Sku] | base.Unavailable:
        answer = self._ask("GET", "/v1/product-skus", seller_id=seller_id)
        if isinstance(answer, base.Unanswered):
            return base.Unavailable(answer.cause, needs_person=answer.needs_person)
        try:
            return [shapes.read_sku(entity) for entity in shapes.read_list(answer[0])]
        except Misshapen:
            return base.Unavailable(Cause.UNEXPECTED_ANSWER)

    def _ask(
        self, method: str, path: str, *, seller_id: str | None, params: dict | None = None, body: dict | None = None,
        is_recorded: bool = True,
    ) -> tuple[dict[str, Any], base.Trace] | base.Unanswered:  # fmt: skip
        """Sends a request that may be repeated. Renews an expired ticket once. `is_recorded`: the answer is stored."""
        deadline = base.Deadline(self._times.total_timeout)
        for is_last in (False, True):
            ticket = self._tickets.take(deadline, seller_id)
            if isinstance(ticket, base.NotSent):
                return _not_asked(ticket)
            content = json.dumps(body).encode() if body else None
            request = self._request(method, path, ticket, params=params, body=content)
            if (seller_id or self._tickets.seller_id) not in (None, ticket.organization_id):
                return _not_asked(_foreign(ticket, request))
            result = self._exchange(request, deadline)
            if is_last or not (isinstance(result, Answer) and result.status == 401):
                break
            self._tickets.drop(ticket)
        trace = _trace(request, result, is_recorded=is_recorded)
        if isinstance(result, Lost):
            return base.Unanswered(result.cause, trace)
        if result.status != 200:
            return _unanswered(result, trace, redaction.known_to(request))
        try:
            return shapes.read_object(result), trace
        except Misshapen:
            return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)

    def _sign_in(self, deadline: base.Deadline) -> Ticket | base.NotSent:
        """Signs in. Returns NotSent if it fails in any way, because no purchase was sent."""
        body = json.dumps({"EmailAddress": self._server.email, "Password": self._server.password}).encode()
        request = self._request("POST", "/v1/tickets", None, body=body)
        result = self._exchange(request, deadline)
        trace = _trace(request, result)
        if isinstance(result, Lost):
            return base.NotSent(result.cause, "", trace)
        if result.status != 201:
            error = shapes.read_error(result, redaction.known_to(request))
            if error is None:  # probably a proxy's page, which says nothing about the sign-in
                return base.NotSent(Cause.UNEXPECTED_ANSWER, "", trace)
            pause = _pause(result) if result.status in (429, 503) else None
            return base.NotSent(*error, trace, pause=pause, needs_person=result.status in (401, 403))
        try:
            content = shapes.read_object(result)
            expires = shapes.read_instant(content.get("ExpirationDate"))
            organization_id = shapes.read_uuid(content, "OrganizationId")
            life = (expires - vendor_clock.now_at(result.headers)).total_seconds()
            ends = time.monotonic() + (max(life, RENEW_BEFORE_END + 1) if life > 0 else TICKET_LIFE)
            return Ticket(shapes.read_string(content, "Ticket"), organization_id, ends, trace)
        except Misshapen:
            return base.NotSent(Cause.UNEXPECTED_ANSWER, "", trace)

    def _exchange(self, request: Request, deadline: base.Deadline) -> Answer | Lost:
        result = exchange(request, deadline)
        if isinstance(result, Answer):
            self._clock.answered(result.headers)
        return result

    def _learn(self, outcome: base.Outcome, result: Answer | Lost) -> None:
        """Learns BitTitan's clock from the outcome of a purchase."""
        if isinstance(outcome, base.Issued) and result.status == 201:
            self._clock.made_a_coupon(outcome.coupon.created)
        elif isinstance(outcome, base.NotSent) and outcome.cause == Cause.DEADLINE_PASSED:
            self._clock.contradicted()

    def _request(self, method, path, ticket, *, params=None, body=None, order=None) -> Request:
        headers = {"Authorization": f"Ticket {ticket.value}"} if ticket else {}
        if body:
            headers["Content-Type"] = "application/json"
        if order:
            headers["X-Not-After"] = self._clock.theirs(order.not_after).strftime("%Y-%m-%dT%H:%M:%SZ")
        times = self._times
        return Request(
            method, self._server.url + path, headers, params, body,
            is_purchase=order is not None, connect_timeout=times.connect_timeout, read_timeout=times.read_timeout,
        )  # fmt: skip


def _outcome(order: base.CouponOrder, result: Answer | Lost, trace: base.Trace) -> base.Outcome:
    """Classifies an answer by the table in docs/concepts/provisioning.md: everything uncertain is Unknown."""
    if isinstance(result, Lost):
        kind = base.Unknown if result.may_have_arrived else base.NotSent
        return kind(result.cause, "", trace)
    if 200 <= result.status < 300:
        return _issued(order, result, trace)
    error = shapes.read_error(result)
    if error is None:
        return base.Unknown(Cause.UNEXPECTED_ANSWER, "", trace)
    cause, message = error
    if result.status == 401:
        return base.NotSent(cause, message, trace, needs_ticket=True)
    if result.status == 429 or (result.status, cause) in _NOT_SENT:
        pause = None if result.status == 409 else _pause(result)
        return base.NotSent(cause, message, trace, pause=pause)
    is_refusal = result.status in (400, 403, 404, 409, 422) and (result.status, cause) not in _STILL_UNKNOWN
    return (base.Refused if is_refusal else base.Unknown)(cause, message, trace)


def _foreign(ticket: Ticket, request: Request) -> base.NotSent:
    trace = _unsent(request)
    return base.NotSent(Cause.OTHER_ORGANIZATION, "", trace, needs_person=True, generation=ticket.generation)


def _not_asked(failure: base.NotSent) -> base.Unanswered:
    return base.Unanswered(
        failure.cause,
        failure.trace,
        pause=failure.pause,
        needs_person=failure.needs_person,
        generation=failure.generation,
    )


def _unanswered(result: Answer, trace: base.Trace, known: set[str]) -> base.Unanswered:
    error = shapes.read_error(result, known)
    if error is None:
        return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace, result.status)
    asks_for_pause = result.status == 429 or (result.status, error[0]) == (503, Cause.MAINTENANCE)
    pause = _pause(result) if asks_for_pause else None
    return base.Unanswered(error[0], trace, result.status, pause, result.status == 401)


def _issued(order: base.CouponOrder, result: Answer, trace: base.Trace) -> base.Issued | base.Unknown:
    try:
        coupon = shapes.read_coupon(shapes.read_object(result))
    except Misshapen:
        return base.Unknown(Cause.UNEXPECTED_ANSWER, "", trace)
    runs_out = coupon.created + timedelta(days=order.expire_days)
    if not order.is_met_by(coupon) or coupon.is_spent or abs(coupon.expires - runs_out) > AS_ASKED_WITHIN:
        return base.Unknown(Cause.NOT_AS_ASKED, "", trace, coupon)
    return base.Issued(coupon, trace)


def _trace(request: Request, result: Answer | Lost, *, is_recorded: bool = True) -> base.Trace:
    status = result.status if isinstance(result, Answer) else None
    response = redaction.response_text(request, result) if is_recorded or status != 200 else "200"
    return base.Trace(redaction.request_text(request), response, status, result.milliseconds)


def _unsent(request: Request) -> base.Trace:
    return base.Trace(redaction.request_text(request), "", None, 0)


def _pause(answer: Answer) -> float:
    """Returns the seconds of Retry-After, which may be a number or a date; at most ten minutes."""
    text = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "").strip()
    if text.isascii() and text.isdigit():
        return float(min(max(int(text[:9]), 1), LONGEST_PAUSE))
    until = vendor_clock.read_date(text)
    if until is None:
        return DEFAULT_PAUSE
    return min(max((until - vendor_clock.now_at(answer.headers)).total_seconds(), 1), LONGEST_PAUSE)
