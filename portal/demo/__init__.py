"""A distributor as it could be, for trying the portal out: three years of purchases with all that can happen to them.

The same seed tells the same story, counted back from the moment at which it is told.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from portal.demo.afterlife import live_on
from portal.demo.password import password
from portal.demo.people import SIGN_INS
from portal.demo.purchases import Market
from portal.demo.shop import open_shop
from portal.demo.story import Story
from portal.demo.tree import Planter, Tree
from portal.demo.writer import Writer
from portal.extensions import db, settings
from portal.models import Account, Connection, Role, User
from portal.sandbox.load import load as load_sandbox
from portal.sandbox.shapes import organization_id
from portal.services import clock, passwords, unit
from portal.services.errors import Conflict

BATCH = 1000


def load(*, assets: int, seed: int, now: datetime | None = None) -> None:
    """Raises Conflict where there is data already. Either all of it is there afterwards, or nothing."""
    hashed = passwords.chosen(password())
    with unit.writing():
        if not is_empty():
            raise Conflict("The demo goes into an empty database only, and this one holds data. Nothing was changed.")
        now = now or clock.now()
        tree = Planter(Random(f"{seed}:tree"), now, hashed).plant()
        writer = Writer()
        for stories in _batches(_stories(tree, assets, seed, now)):
            writer.write(stories)
            if settings().uses_sandbox:
                load_sandbox(str(settings().sandbox_file), _coupons(stories))
        writer.finish()
        _connect(now)


def is_empty() -> bool:
    return db.session.scalar(select(Account.id).limit(1)) is None


def sign_ins() -> list[tuple[str, Role, str, str]]:
    """Kind, role, name and address of each person that can still sign in with the demo's password."""
    emails = [email for *_, email in SIGN_INS]
    query = select(User).where(User.email.in_(emails), User.disabled_at.is_(None))
    there = {user.email for user in db.session.scalars(query)}
    return [person for person in SIGN_INS if person[-1] in there]


def _stories(tree: Tree, assets: int, seed: int, now: datetime) -> Iterator[Story]:
    rng = Random(f"{seed}:stories")
    staff = [user for user in tree.users[tree.distributor.id] if user.role is Role.OPERATOR]
    market = Market(Random(f"{seed}:market"), now, tree, open_shop(now), may_send=settings().uses_sandbox)
    for purchase in market.purchases(assets):
        story = Story(purchase, rng, now, staff)
        purchase.case.tell(story)
        live_on(story)
        yield story


def _batches(stories: Iterator[Story]) -> Iterator[list[Story]]:
    batch = []
    for story in stories:
        batch.append(story)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _coupons(stories: list[Story]) -> Iterator[dict]:
    return (coupon for story in stories for coupon in story.at_bittitan)


def _connect(now: datetime) -> None:
    """To the sandbox's organisation: whoever configures another server later is asked first."""
    connection = db.session.get(Connection, 1)
    if settings().uses_sandbox and connection.organization_id is None:
        connection.organization_id = organization_id(settings().bittitan.email)
        connection.answered_at = now - timedelta(seconds=30)
