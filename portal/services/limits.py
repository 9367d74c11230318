"""Daily budgets, for a person and for all people of a tree together, for acts that reveal something (codes, who is
known at BitTitan, who else has an account here), and for requests, which people read. What one person may not do, many
accounts together may not either.

Counted in the database for all processes, before the act. (users/sign_in_throttle.py limits guesses of passwords.)
A day begins with the first counted act. A person who reaches a limit is told which and until when, and the staff gets
an alert. The limits are far beyond a day's work; the staff, who see everything, have larger ones. Commands are not
counted.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import audit, clock
from portal.core.errors import BudgetSpent
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.transaction import transaction
from portal.extensions import db, settings
from portal.models import Account, Throttle, User
from portal.services import alerts

DAY = timedelta(days=1)
ALERT = "limit"


@dataclass(frozen=True)
class Most:
    person: int
    tree: int


@dataclass(frozen=True)
class Budget:
    name: str
    sentence: str
    """Has placeholders for whose limit it is and how much that is."""
    outside: Most
    staff: Most | None
    """None: not limited, as they see it anyway."""

    def of(self, by: User) -> Most | None:
        return self.staff if by.is_staff else self.outside


REVEALED = Budget(
    "revealed codes",
    lazy("%(whose)s can reveal at most %(most)s codes in a day, one by one."),
    outside=Most(100, 500),
    staff=Most(1_000, 10_000),
)
EXPORTED = Budget(
    "exported codes",
    lazy("%(whose)s can export at most %(most)s whole codes in a day."),
    outside=Most(10_000, 30_000),
    staff=Most(200_000, 1_000_000),
)
LOOKED_UP = Budget(
    "look-ups",
    lazy("%(whose)s can look up at most %(most)s e-mail addresses at BitTitan in a day."),
    outside=Most(50, 150),
    staff=Most(1_000, 5_000),
)
TAKEN = Budget(
    "addresses",
    lazy("Too many addresses could not be used: %(whose)s can try at most %(most)s such in a day."),
    outside=Most(10, 20),
    staff=None,
)
"""A refused address reveals that somebody has it."""
ASKED = Budget(
    "requests",
    lazy("%(whose)s can ask about at most %(most)s assets in a day."),
    outside=Most(50, 200),
    staff=None,
)
"""Each is read by a person."""
MOST_IN_A_SESSION = 10
"""Codes shown in a session before the password is asked for again, if it was given long ago."""
BUDGETS = (REVEALED, EXPORTED, LOOKED_UP, TAKEN, ASKED)


@dataclass(frozen=True)
class _Count:
    key: str
    most: int
    whose: str


def check(budget: Budget, *, by: audit.Actor, cost: int = 1) -> None:
    """Counts the act, outside any transaction. Raises BudgetSpent; then nothing is counted."""
    counts = _counts(budget, by)
    if not counts or not cost:
        return
    with transaction():
        now = clock.now()
        full = _take(counts, cost, now)
        if full is not None:
            remaining, until = _left(full, now)
            _alert(budget, full, by, now)
    if full is not None:
        raise BudgetSpent(
            _sentence(budget, full, cost, remaining, until), max(1, math.ceil((until - now).total_seconds()))
        )


def admit_reveal(session: str) -> bool:
    """Counts a code shown in this session, named by the hash of its token. Returns False if the limit is reached."""
    with transaction():
        return _took(f"limit/revealed codes/session/{session}", 1, MOST_IN_A_SESSION, clock.now())


def give_back(budget: Budget, *, by: audit.Actor, cost: int = 1) -> None:
    """The act revealed nothing, so it does not count."""
    with transaction():
        for count in _counts(budget, by):
            _put_back(count, cost)


def delete_expired(now: datetime) -> None:
    db.session.execute(delete(Throttle).where(Throttle.expires_at < now))


def most_at_once(budget: Budget, by: User) -> int:
    """A request for more than this need not be counted exactly."""
    return budget.of(by).person + 1


def tree_of(account: Account) -> int:
    """The partner with its customers, a customer without a partner, or the distributor."""
    return account.branch_id or account.id


def _counts(budget: Budget, by: audit.Actor) -> list[_Count]:
    """Always the person first, so that two at once never wait for each other."""
    most = budget.of(by) if isinstance(by, User) else None
    if most is None:
        return []
    tree = tree_of(by.account)
    top = by.account if tree == by.account_id else db.session.get(Account, tree)
    return [
        _Count(f"limit/{budget.name}/person/{by.id}", most.person, by.name),
        _Count(f"limit/{budget.name}/tree/{tree}", most.tree, top.name),
    ]


def _take(counts: list[_Count], cost: int, now: datetime) -> _Count | None:
    """Counts in all of them or in none. Returns the one that is exhausted."""
    for place, count in enumerate(counts):
        if not _took(count.key, cost, count.most, now):
            for earlier in counts[:place]:
                _put_back(earlier, cost)
            return count
    return None


def _took(key: str, cost: int, most: int, now: datetime) -> bool:
    """One statement, so that many at once take no more than there is."""
    if cost > most:
        return False
    is_over = Throttle.expires_at <= now
    insert = sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Throttle).values(key=key, hits=cost, expires_at=now + DAY)
    statement = statement.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "hits": case((is_over, cost), else_=Throttle.hits + cost),
            "expires_at": case((is_over, statement.excluded.expires_at), else_=Throttle.expires_at),
        },
        where=or_(is_over, Throttle.hits + cost <= most),
    )
    return db.session.scalar(statement.returning(Throttle.hits)) is not None


def _put_back(count: _Count, cost: int) -> None:
    rows = update(Throttle).where(Throttle.key == count.key, Throttle.hits >= cost)
    db.session.execute(rows.values(hits=Throttle.hits - cost))


def _left(count: _Count, now: datetime) -> tuple[int, datetime]:
    """How much is left, and until when."""
    query = select(Throttle.hits, Throttle.expires_at).where(Throttle.key == count.key, Throttle.expires_at > now)
    row = db.session.execute(query).first()
    return (count.most, now + DAY) if row is None else (count.most - row.hits, row.expires_at)


def _alert(budget: Budget, full: _Count, by: User, now: datetime) -> None:
    """Once a day for each limit that is reached."""
    if not _took(f"{full.key}/told", 1, 1, now):
        return
    values = {"who": by.name, "account": by.account.name, "limit": _limit_sentence(budget, full)}
    text = _("%(who)s of %(account)s reached a daily limit. %(limit)s", **values)
    alerts.raise_once(ALERT, f"{text} ({clock.day_of(now).isoformat()})", now)
    audit.record("user", by.id, "limit", by=by, field=budget.name, after=full.most, why=text)


def _limit_sentence(budget: Budget, full: _Count) -> str:
    return str(budget.sentence) % {"whose": full.whose, "most": f"{full.most:,}"}


def _sentence(budget: Budget, full: _Count, cost: int, remaining: int, until: datetime) -> str:
    ends = until.astimezone(settings().time_zone)
    sentence = _limit_sentence(budget, full)
    if cost > full.most:
        return " ".join((sentence, _("These would be more. Narrow it down.")))
    if cost > 1:
        more = _("This needs %(cost)s, and %(left)s are left.", cost=f"{cost:,}", left=f"{remaining:,}")
        sentence = f"{sentence} {more}"
    when = (
        _("The limit is reset at %(time)s.")
        if ends.date() == clock.today()
        else _("The limit is reset tomorrow, %(time)s.")
    )
    return f"{sentence} {when % {'time': f'{ends:%H:%M}'}}"
