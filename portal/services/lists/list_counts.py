"""How many assets a list has, and the best way to find them. Nothing is counted beyond CAP.

Each list needs these numbers before its rows: a few rows may be sorted in any order, many are read in an order that an
index has.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Label,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
    union,
    union_all,
)

from portal.core import access, clock
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Asset, Lifecycle, SyncStatus, User
from portal.services.lists import search, search_index
from portal.services.lists.join_hints import first, in_order, materialized
from portal.services.lists.list_filters import (
    IS_ACTIVE,
    Filters,
    Redeem,
    equals_literal,
    from_codes,
    in_status,
    in_trees,
    narrowing,
    planning,
    trees,
)
from portal.services.lists.search_index import Branch
from portal.services.lists.search_terms import Term

CAP = 10_000
KNOWN = CAP
"""Up to this many hits are kept from counting a search, so that reading the rows need not search again."""
MANY_EXPIRING = 100
"""More are not counted, as each must be examined."""
RETRYABLE = (equals_literal(Asset.sync_status, SyncStatus.FAILED), equals_literal(Asset.lifecycle, Lifecycle.ACTIVE))

_STATUS, _LIFECYCLE = Asset.sync_status.label("status"), Asset.lifecycle.label("lifecycle")


class Way(enum.Enum):
    FILTERS = "filters"
    """By the filters alone, or by comparing their few rows with the term."""
    HITS = "hits"
    """By the term, which finds few."""
    WALK = "walk"
    """Both find many: read on until a page is full."""


@dataclass(frozen=True)
class Counts:
    by_status: dict[SyncStatus, int | None]
    """Without the status filter, each up to CAP + 1; None if the other filters leave too many to count. Failed ones may
    be cancelled."""
    total: int | None
    """Up to CAP + 1; None if there are more than were counted."""
    way: Way = Way.FILTERS
    few: tuple[bool, ...] = ()
    """For each branch of the search: whether it alone finds at most CAP."""
    known: str | None = None
    """What the term finds in any status, if that is at most KNOWN: `search_index.pairs`."""
    retryable: int | None = 0
    """Failed and not cancelled, without the status filter, up to CAP + 1; None like `by_status`."""
    expiring: int = 0
    """The viewer's unredeemed codes that expire soon, whatever the filters, up to MANY_EXPIRING + 1. Not counted for
    the staff."""
    first_ends_on: date | None = None

    def nothing(self) -> "Counts":
        """For filters that name something that does not exist."""
        return replace(
            self, by_status=dict.fromkeys(SyncStatus, 0), total=0, way=Way.FILTERS, few=(), known=None, retryable=0
        )

    def of(self, status: SyncStatus, filters: Filters) -> int | None:
        """The number of assets that a list of this status has (see `list_filters.is_failed`)."""
        if status is SyncStatus.FAILED and filters.lifecycle is None:
            return self.retryable
        return self.by_status[status]

    @property
    def many_expiring(self) -> int | None:
        """There are more than this number; None if they were counted."""
        return MANY_EXPIRING if self.expiring > MANY_EXPIRING else None

    @property
    def is_capped(self) -> bool:
        return self.total is None or self.total > CAP


class Counting:
    """The columns of one statement, each a number, and how to read them."""

    def __init__(self, viewer: Viewer, filters: Filters):
        self._reader, self._filters = viewer, filters
        self._term, self._is_narrowed = filters.term, bool(narrowing(filters))

    def columns(self) -> list[Label]:
        if self._term:
            numbers = self._of_term(self._term)
        else:
            numbers = self._of_filters() if self._is_narrowed else self._of_statuses()
        return [number.label(name) for name, number in (numbers | self._of_expiring()).items()]

    def read(self, row: Row) -> Counts:
        numbers = row._mapping
        soon = {} if self._reader.is_staff else {"expiring": numbers["expiring"], "first_ends_on": numbers["ends_on"]}
        few = tuple(numbers[name] <= CAP for name in numbers if name.startswith("hits_"))
        way = Way.FILTERS
        if self._term:
            way = Way.HITS if all(few) else Way.FILTERS if numbers.get("candidates", CAP + 1) <= CAP else Way.WALK
        if way is Way.WALK:
            total = None if "candidates" in numbers else CAP + 1
            return Counts(dict.fromkeys(SyncStatus), total, way, few, retryable=None, **soon)
        if way is Way.HITS or not self._term and numbers.get("examined", 0) <= CAP:
            by_status = {status: numbers[status.value] for status in SyncStatus}
            pairs = numbers["known"] if way is Way.HITS else None
            known = pairs if pairs and pairs.count("[") <= KNOWN else None
            counts = Counts(by_status, None, way, few, known, numbers["retryable"], **soon)
            chosen = [counts.of(status, self._filters) for status in self._filters.statuses]
            return replace(counts, total=sum(chosen or by_status.values()))
        total = numbers["total"] if "total" in numbers else numbers["examined"]
        return Counts(dict.fromkeys(SyncStatus), total, way, few, retryable=None, **soon)

    def _of_statuses(self) -> dict[str, ColumnElement]:
        """Uses the index that begins with the status. If more than CAP can be retried, that many have failed, too."""
        numbers = {status.value: self._in_trees(equals_literal(Asset.sync_status, status)) for status in SyncStatus}
        is_retryable = RETRYABLE if self._is_of_all else (RETRYABLE[0], IS_ACTIVE)
        counted = materialized(select(self._in_trees(*is_retryable).label("number")), "retryable")
        retryable = select(counted.c.number).scalar_subquery()
        failed = case((retryable > CAP, retryable), else_=numbers[SyncStatus.FAILED.value])
        return numbers | {SyncStatus.FAILED.value: failed, "retryable": retryable}

    @property
    def _is_of_all(self) -> bool:
        named = (self._filters.account, self._filters.account_id, self._filters.within)
        return self._reader.is_staff and all(each is None for each in named)

    def _in_trees(self, *conditions: ColumnElement[bool]) -> ColumnElement:
        """Reads not even the id of a row from the index."""
        rows = self._ids().where(*conditions).with_only_columns(literal_column("1"), maintain_column_froms=True)
        return reduce(add, (_number(first(rows.where(tree), CAP + 1)) for tree in trees(self._filters)))

    def _of_filters(self) -> dict[str, ColumnElement]:
        examined = materialized(self._candidates(_STATUS, _LIFECYCLE), "examined")
        numbers = {"examined": _number(select(examined)), **_by_status(examined)}
        if self._filters.statuses:
            numbers["total"] = _number(self._candidates(Asset.id, where=in_status(self._filters)))
        return numbers

    def _of_term(self, term: Term) -> dict[str, ColumnElement]:
        hits = [
            materialized(first(self._found(branch), CAP + 1), f"hits_{place}")
            for place, branch in enumerate(search.branches(self._reader, self._filters))
        ]
        sizes = materialized(select(*(_number(select(each)).label(each.name) for each in hits)), "sizes")
        size = {each.name: select(sizes.c[each.name]).scalar_subquery() for each in hits}
        is_few = and_(*(number <= CAP for number in size.values()))
        hit_rows = materialized(self._hits(hits, is_few), "found")
        some = first(select(search_index.pair(hit_rows).label("pair")), KNOWN + 1).subquery()
        known = select(func.aggregate_strings(some.c.pair, ",")).scalar_subquery()
        numbers = size | _by_status(hit_rows) | {"known": known}
        if self._is_narrowed or self._filters.statuses:
            candidates = materialized(self._candidates(Asset.id, where=in_status(self._filters)), "candidates")
            few_candidates = select(func.count()).select_from(candidates).scalar_subquery()
            both = (
                self._ids()
                .select_from(in_order(candidates, Asset, Asset.id == candidates.c.id))
                .where(~is_few, few_candidates <= CAP, search.matches(term))
            )
            numbers |= {"candidates": few_candidates, "total": _number(both)}
        return numbers

    def _found(self, branch: Branch) -> Select:
        """With the facts if there is no filter that needs the rows themselves."""
        return branch.facts if branch.has_facts and not self._is_narrowed else branch.found

    def _hits(self, hits: list[CTE], is_few: ColumnElement[bool]) -> CompoundSelect:
        """With their facts, limited by the filters; each once."""
        complete = [each for each in hits if "status" in each.c]
        ids = union(*(select(each.c.id) for each in hits if each not in complete)).cte("hits")
        rows = self._ids().select_from(in_order(ids, Asset, Asset.id == ids.c.id))
        rows = rows.where(in_trees(self._filters), *narrowing(self._filters), is_few)
        looked_up = rows.with_only_columns(*search_index.FACTS, maintain_column_froms=True)
        return union(looked_up, *(select(each).where(is_few) for each in complete))

    def _candidates(self, *columns: ColumnElement, where: Sequence[ColumnElement[bool]] = ()):
        """At most CAP + 1 of the rows that the filters leave."""
        rows, filters = from_codes(self._ids(), self._filters)
        parts = [
            first(rows.where(tree, *narrowing(filters), *where).with_only_columns(
                *columns, maintain_column_froms=True), CAP + 1)
            for tree in trees(filters)
        ]  # fmt: skip
        if len(parts) == 1:
            return parts[0]
        together = union_all(*(select(part.subquery()) for part in parts)).subquery()
        return first(select(together), CAP + 1)

    def _of_expiring(self) -> dict[str, ColumnElement]:
        """Their number, and the first one's last day."""
        if self._reader.is_staff:
            return {}
        rows = self._ids().where(*narrowing(Filters(redeem=Redeem.EXPIRING)))
        ends_on = first(rows.with_only_columns(Asset.redeem_by).order_by(Asset.redeem_by), 1).scalar_subquery()
        return {"expiring": _number(first(rows, MANY_EXPIRING + 1)), "ends_on": ends_on}

    def _ids(self) -> Select[tuple[int]]:
        return access.visible_asset_ids(self._reader)


def count(viewer: User, filters: Filters) -> Counts:
    """One statement."""
    viewer, filters = Viewer.of(viewer), filters.of(viewer)
    statement, values = _counting(viewer, filters, *depends_on())
    return Counting(viewer, filters).read(db.session.execute(statement, values).one())


@cached_statement
def _counting(viewer: Viewer, filters: Filters, *_dependencies: object) -> Select:
    return select(*Counting(viewer, filters).columns()).execution_options(**planning(filters))


def depends_on() -> tuple[object, ...]:
    """What a counting statement depends on besides its arguments."""
    return clock.today(), CAP, KNOWN, MANY_EXPIRING, db.session.get_bind().dialect.name


def _number(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _by_status(rows: CTE) -> dict[str, ColumnElement]:
    is_retryable = and_(rows.c.status == SyncStatus.FAILED, rows.c.lifecycle == Lifecycle.ACTIVE)
    numbers = {status.value: rows.c.status == status for status in SyncStatus} | {"retryable": is_retryable}
    return {name: select(func.count(case((condition, 1)))).scalar_subquery() for name, condition in numbers.items()}
