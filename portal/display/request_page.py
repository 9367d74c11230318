"""What a page asks of BitTitan. It writes that down and is answered at once; a worker asks and carries it out, and the
page follows until there is an answer (services/vendor_requests). No request of the web waits for BitTitan.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import redirect, request
from flask_login import current_user

from portal.core import clock
from portal.core.errors import NotAllowed
from portal.models import RequestKind, VendorRequest
from portal.services import vendor_requests
from portal.services.monitoring import health
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page, render_partial, wants_fragment
from portal.web.urls import url_for

WHOLE = "request"
"""The id of the region that follows on a page of its own."""
FIRST_LOOK = 1
"""Seconds: most answers are there by then, and somebody waits."""
SLOW = timedelta(seconds=15)
"""Longer than a BitTitan takes that is well."""


@dataclass(frozen=True)
class RequestView:
    """What is shown of one kind of request."""

    heading: Callable[[VendorRequest], str]
    answer: Callable[[VendorRequest], Any]
    """The page with what became of it, as an answer of the web."""
    back: Callable[[VendorRequest], str]
    """The address of the page that it was asked on."""
    region: Callable[[VendorRequest], str | None] = lambda asked: None
    """The id of the panel that follows in its place on that page, with htmx."""


def begin(endpoint: str, kind: RequestKind, subject_id: int, form: ActForm, values: dict[str, Any]):
    """`endpoint` follows the request (`follow`). `values` are what the service is to be called with; `by` is known."""
    its = {name: value for name, value in values.items() if name != "by"}
    request_id = vendor_requests.ask(kind, subject_id, by=current_user, values=its, form=form.sent())
    return redirect(url_for(endpoint, request_id=request_id), code=303)


def follow(request_id: int, doors: Mapping[RequestKind, RequestView]):
    """Whether there is an answer yet, and then the answer. For nobody but the person who asked and still may."""
    asked = vendor_requests.mine(current_user, request_id, frozenset(doors))
    if not vendor_requests.may_ask(current_user, asked.kind):
        raise NotAllowed()
    door = doors[asked.kind]
    target = request.headers.get("HX-Target") if wants_fragment() else None
    is_in_place = target is not None and target == door.region(asked)
    if asked.is_open and (target is None or is_in_place or target == WHOLE):
        return _waiting(asked, door, target or WHOLE)
    if target is None or is_in_place:
        return door.answer(asked)
    return "", {"HX-Redirect": url_for(request.endpoint, request_id=request_id)}


def _waiting(asked: VendorRequest, door: RequestView, region: str) -> str:
    now = clock.now()
    age = now - asked.asked_at
    context = {
        "asked": asked,
        "heading": door.heading(asked),
        "back": door.back(asked),
        "age": age.total_seconds(),
        "first_look": FIRST_LOOK,
        "is_slow": age > SLOW,
        "has_worker": health.ages(now).is_beating,
        "region": region,
    }
    if region != WHOLE:
        return render_partial("requests/_waiting.html", **context)
    return render_page("requests/show.html", block="waiting", **context)
