"""Access rules of views. Closed by default: the app does not start with an endpoint that declares no rule."""

from collections.abc import Callable
from functools import partial, wraps

from flask import Flask, request
from flask_login import current_user

from portal.core.errors import NotAllowed, OtherArea
from portal.extensions import login_manager
from portal.models import AccountKind, Right
from portal.web.security import sessions

_READING = ("GET", "HEAD")


def public(view: Callable) -> Callable:
    """Decorator: open to everybody, signed in or not."""
    view.rule = "public"
    return view


def signed_in(view: Callable) -> Callable:
    """Decorator: open to every signed-in person, whatever the role."""
    return _guard(view, "signed in", lambda: None)


def requires(right: Right, *, to_change: Right | None = None) -> Callable[[Callable], Callable]:
    """Decorator: open to people with this right; what is no GET, to people with the right `to_change` if it is given.
    core/access.py decides which rows they reach."""

    def decorate(view: Callable) -> Callable:
        return _guard(
            view, right.value, lambda: _refuse_without(right if request.method in _READING else to_change or right)
        )

    return decorate


def asks_password(view: Callable | None = None, *, when: Callable[[], bool] = lambda: True) -> Callable:
    """Decorator, below the view's rule: a POST goes on only if the password was entered recently. Otherwise the portal
    asks for it and then continues with the same input (auth/confirm.py). `when` limits this to some posts."""
    if view is None:
        return partial(asks_password, when=when)

    @wraps(view)
    def guarded(*args, **kwargs):
        password_page = None
        if request.method == "POST" and not sessions.is_fresh() and when():
            password_page = login_manager.needs_refresh()
        return view(*args, **kwargs) if password_page is None else password_page

    return guarded


def is_ticked(name: str) -> Callable[[], bool]:
    """For `asks_password`: only if this checkbox is ticked."""
    return lambda: name in request.form


def only(*kinds: AccountKind) -> Callable[[], None]:
    """For `before_request` of an area: raises OtherArea (404) for every other kind of account."""

    def check() -> None:
        if current_user.is_authenticated and current_user.account.kind not in kinds:
            raise OtherArea()

    return check


def check_every_route(app: Flask) -> None:
    """Raises RuntimeError for an endpoint without a declared rule."""
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
