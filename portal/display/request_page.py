"""Questions to BitTitan from a page. The view records the request and answers at once; a worker asks BitTitan and acts
on the answer, and the page polls until then (services/vendor_requests). No web request waits for BitTitan.
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
"""The id of the polled region if the request has a page of its own."""
FIRST_LOOK = 1
"""Seconds until the first poll: most answers are there by then."""
SLOW = timedelta(seconds=15)
"""A healthy BitTitan answers sooner."""


@dataclass(frozen=True)
class RequestView:
    """What the page shows for one kind of request."""

    heading: Callable[[VendorRequest], str]
    answer: Callable[[VendorRequest], Any]
    """Returns the page with the result, as a view does."""
    back: Callable[[VendorRequest], str]
    """Returns the address of the page where the request was made."""
    region: Callable[[VendorRequest], str | None] = lambda vendor_request: None
    """Returns the id of the panel on that page that polls in place with htmx, or None."""


def begin(endpoint: str, kind: RequestKind, subject_id: int, form: ActForm, values: dict[str, Any]):
    """Records the request and redirects to `endpoint`, which shows it (`follow`). `values` are the arguments of the
    service; `by` is left out, as the request names the person."""
    arguments = {name: value for name, value in values.items() if name != "by"}
    request_id = vendor_requests.create_request(kind, subject_id, by=current_user, values=arguments, form=form.sent())
    return redirect(url_for(endpoint, request_id=request_id), code=303)


def follow(request_id: int, views: Mapping[RequestKind, RequestView]):
    """Shows that the request is waiting, or its result. Only for the person who made it and still has the right: raises
    NotVisible for others, and NotAllowed without the right."""
    vendor_request = vendor_requests.own_request(current_user, request_id, frozenset(views))
    if not vendor_requests.may_ask(current_user, vendor_request.kind):
        raise NotAllowed()
    view = views[vendor_request.kind]
    target = request.headers.get("HX-Target") if wants_fragment() else None
    is_in_place = target is not None and target == view.region(vendor_request)
    if vendor_request.is_open and (target is None or is_in_place or target == WHOLE):
        return _waiting(vendor_request, view, target or WHOLE)
    if target is None or is_in_place:
        return view.answer(vendor_request)
    return "", {"HX-Redirect": url_for(request.endpoint, request_id=request_id)}


def _waiting(vendor_request: VendorRequest, view: RequestView, region: str) -> str:
    now = clock.now()
    age = now - vendor_request.asked_at
    context = {
        "asked": vendor_request,
        "heading": view.heading(vendor_request),
        "back": view.back(vendor_request),
        "age": age.total_seconds(),
        "first_look": FIRST_LOOK,
        "is_slow": age > SLOW,
        "has_worker": health.ages(now).is_beating,
        "region": region,
    }
    if region != WHOLE:
        return render_partial("vendor_requests/_waiting.html", **context)
    return render_page("vendor_requests/show.html", block="waiting", **context)
