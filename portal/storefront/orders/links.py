"""Addresses of the shop and the basket; None if the portal was built without them."""

from flask import current_app

from portal.web.urls import url_for


def shop() -> str | None:
    return _address("storefront.shop.index")


def basket() -> str | None:
    return _address("storefront.basket.show")


def _address(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
