"""What tests ask about pages that look again by themselves, and how a retry moves."""

import json

from bs4 import Tag
from sqlalchemy import select

from portal.extensions import db
from portal.models import ItemState, Retry, RetryItem
from tests.page import Page


def leave_out(world, retry: Retry, number: int) -> list[int]:
    """The outcome of so many more items of the retry changes."""
    with world.transaction():
        waiting = select(RetryItem).where(RetryItem.retry_id == retry.id, RetryItem.state == ItemState.WAITING)
        items = list(db.session.scalars(waiting.order_by(RetryItem.id).limit(number)))
        for item in items:
            item.state, item.why = ItemState.LEFT_OUT, "cancelled"
        return [item.id for item in items]


def look(page: Page) -> Tag:
    return page.one("[hx-trigger*=load]")


def seconds(page: Page) -> int:
    return int(look(page)["hx-trigger"].removeprefix("load delay:").removesuffix("s"))


def rows(page: Page) -> list[str]:
    """The ids of those that it brings, in order."""
    return [row["id"] for row in page.soup.find_all("tr")]


def known(page: Page) -> str:
    """What it says of itself."""
    return json.loads(look(page)["hx-headers"])["X-Poll"]
