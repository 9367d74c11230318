"""`python -m bench.purchases order N | release | left | rate N`: purchases of the portal's own, to be timed."""

import sys
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, select, update

from bench.facts import STAFF
from portal import create_app
from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    Attempt,
    Job,
    Order,
    Product,
    User,
    Worker,
)
from portal.services import ordering

PREFIX = "bench-"


def order(count: int) -> None:
    """Due tomorrow, until they are released together: so nothing but purchases is timed."""
    by = db.session.scalar(select(User).where(User.email == STAFF))
    account = db.session.scalar(select(Account.id).where(Account.kind == AccountKind.PARTNER).order_by(Account.id))
    product = db.session.scalar(select(Product.id).where(Product.withdrawn_at.is_(None)).order_by(Product.id))
    for _number in range(count):
        key = f"{PREFIX}{uuid4().hex[:30]}"
        ordering.place(key=key, account_id=account, product_id=product, quantity=10, name="", by=by)
    _due(timedelta(days=1))


def release() -> None:
    _due(timedelta())


def left() -> int:
    """Not yet bought; all of them while no worker is there."""
    if db.session.scalar(select(Worker.id).limit(1)) is None:
        return -1
    return db.session.scalar(select(func.count()).select_from(_ours().where(Attempt.settled_at.is_(None)).subquery()))


def rate(count: int) -> float:
    last = _ours().order_by(Attempt.id.desc()).limit(count).subquery()
    times = select(func.min(Attempt.first_sent_at), func.max(Attempt.settled_at))
    first, ended = db.session.execute(times.where(Attempt.id.in_(select(last.c.id)))).one()
    return count / (ended - first).total_seconds()


def _due(after: timedelta) -> None:
    with transaction():
        at, ids = clock.now() + after, _ours().where(Attempt.settled_at.is_(None)).scalar_subquery()
        attempts = update(Attempt).where(Attempt.id.in_(ids)).values(next_at=at)
        items = update(Job).where(Job.subject_id.in_(ids)).values(due_at=at)
        for statement in (attempts, items):
            db.session.execute(statement, execution_options={"synchronize_session": False})


def _ours():
    return select(Attempt.id).join(Asset, Asset.id == Attempt.asset_id).join(Order).where(Order.key.startswith(PREFIX))


if __name__ == "__main__":
    with create_app().app_context():
        said = {"order": order, "release": release, "left": left, "rate": rate}[sys.argv[1]](*map(int, sys.argv[2:]))
    if said is not None:
        sys.stdout.write(f"{said}\n")
