"""Sample data to try out the portal: a distributor with three years of purchases and all that can happen to them.

The first 2,000 assets are detailed stories; further assets are written in bulk, to test the portal with millions. The
same number and seed give the same rows on the same day; only instants of open purchases depend on the clock.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from portal.core import clock
from portal.core.errors import Conflict
from portal.core.transaction import transaction
from portal.demo import calendar, fast_load
from portal.demo.account_tree import AccountTreeBuilder
from portal.demo.company import create_company, decide_tax_codes
from portal.demo.offers import create_offers
from portal.demo.password import password
from portal.demo.people import SIGN_INS
from portal.demo.sales.mails import write_mails
from portal.demo.sales.price_lists import create_price_lists
from portal.demo.timeline import STORIES, Timeline
from portal.extensions import db, settings
from portal.models import Account, Connection, Role, User
from portal.sandbox.storage.load import Loading
from portal.sandbox.storage.shapes import organization_id
from portal.services.users import passwords

Progress = Callable[[str], None]


def load(*, assets: int, seed: int, now: datetime | None = None, say: Progress = lambda text: None) -> None:
    """Loads all of the data, or nothing. Raises Conflict if the database is not empty."""
    hashed, is_large = passwords.chosen(password()), assets > STORIES
    with fast_load.no_write_ahead_log() if is_large and is_empty() else nullcontext(), transaction():
        if not is_empty():
            raise Conflict("The demo goes into an empty database only, and this one holds data. Nothing was changed.")
        now = now or clock.now()
        today = calendar.midnight(now)
        with (
            Loading(str(settings().sandbox_file)) if settings().uses_sandbox else nullcontext() as sandbox,
            fast_load.indexes_built_last(say) if is_large else nullcontext(),
        ):
            create_company(today)
            tree = AccountTreeBuilder(Random(f"{seed}:tree"), today, hashed).build()
            decide_tax_codes(tree)
            offers = create_offers(today)
            create_price_lists(tree, offers, today)
            Timeline(seed, now, tree, offers, hashed).load(assets, sandbox, say)
            if not is_large:
                write_mails(now)
        _connect(now)
    if is_large:
        fast_load.analyze()


def is_empty() -> bool:
    return db.session.scalar(select(Account.id).limit(1)) is None


def sign_ins() -> list[tuple[str, Role, str, str]]:
    """Returns kind, role, name and e-mail of each demo user that can still sign in with the demo's password."""
    emails = [email for *_, email in SIGN_INS]
    query = select(User).where(User.email.in_(emails), User.disabled_at.is_(None))
    active = {user.email for user in db.session.scalars(query)}
    return [person for person in SIGN_INS if person[-1] in active]


def _connect(now: datetime) -> None:
    """Binds the database to the sandbox's organisation, so that a different server is not used later by mistake."""
    connection = db.session.get(Connection, 1)
    if settings().uses_sandbox and connection.organization_id is None:
        connection.organization_id = organization_id(settings().bittitan.email)
        connection.answered_at = now - timedelta(seconds=30)
