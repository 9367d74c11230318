"""Closed by default: an endpoint without a declared rule does not start."""

from collections.abc import Callable
from functools import partial, wraps

from flask import Flask, request
from flask_login import current_user

from portal.core.errors import NotAllowed, OtherArea
from portal.extensions import login_manager
from portal.models import AccountKind, Right
from portal.web.security import sessions


def public(view: Callable) -> Callable:
    """For everybody, signed in or not."""
    view.rule = "public"
    return view


def signed_in(view: Callable) -> Callable:
    """For every person, whatever the role."""
    return _guard(view, "signed in", lambda: None)


def requires(right: Right) -> Callable[[Callable], Callable]:
    """For people with this right. Which rows they reach is the business of core/access.py."""

    def decorate(view: Callable) -> Callable:
        return _guard(view, right.value, lambda: _refuse_without(right))

    return decorate


def asks_password(view: Callable | None = None, *, when: Callable[[], bool] = lambda: True) -> Callable:
    """Stands below the rule of a view. Its POST goes on only if the password was given a short while ago; otherwise it
    is asked for, and the act goes on from there with what was typed (auth/confirm.py). `when` says which posts."""
    if view is None:
        return partial(asks_password, when=when)

    @wraps(view)
    def guarded(*args, **kwargs):
        asked = None
        if request.method == "POST" and not sessions.is_fresh() and when():
            asked = login_manager.needs_refresh()
        return view(*args, **kwargs) if asked is None else asked

    return guarded


def is_ticked(name: str) -> Callable[[], bool]:
    """For `asks_password`: only where this tick is sent along."""
    return lambda: name in request.form


def only(*kinds: AccountKind) -> Callable[[], None]:
    """For `before_request` of an area: to everybody else it does not exist."""

    def check() -> None:
        if current_user.is_authenticated and current_user.account.kind not in kinds:
            raise OtherArea()

    return check


def check_every_route(app: Flask) -> None:
    """Raises RuntimeError for an endpoint that no rule was declared for."""
    for endpoint, view in app.view_functions.items():
        if endpoint != "static" and not hasattr(view, "rule"):
            raise RuntimeError(f"{endpoint} declares no rule: decorate it with @requires, @signed_in or @public")


def _guard(view: Callable, rule: str, check: Callable[[], None]) -> Callable:
    @wraps(view)
    def guarded(*args, **kwargs):
        if not current_user.is_authenticated:
            return login_manager.unauthorized()
        check()
        return view(*args, **kwargs)

    guarded.rule = rule
    return guarded


def _refuse_without(right: Right) -> None:
    if not current_user.may(right):
        raise NotAllowed()
