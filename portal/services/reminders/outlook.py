"""Who will be told about an asset, when, and why; and who will not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import AccountKind, Asset, ReminderKind, ReminderProgress, User
from portal.services.reminders import candidates, people
from portal.services.reminders.candidates import WhyNot
from portal.services.reminders.people import Told


@dataclass(frozen=True)
class Outlook:
    kind: ReminderKind
    day: date | None
    """What comes near."""
    why_not: WhyNot | None
    is_on: bool
    told: Sequence[Told]
    """Those whom the viewer sees, also who gets nothing."""
    others: int
    """Whom the viewer does not see: people of the partner."""
    dates: Mapping[int, date]
    """By step, the next first: what is still to come for anybody."""

    def steps_of(self, told: Told) -> set[int]:
        return set() if self.why_not else self.dates.keys() & set(told.steps(self.kind))

    @property
    def mails(self) -> int:
        """To those whom the viewer sees."""
        return sum(len(self.steps_of(told)) for told in self.told)


def of(asset: Asset, viewer: User) -> Outlook:
    (row,) = candidates.described([asset.id])
    kind = ReminderKind.ENDS if row.due_on is None and row.ends_on is not None else ReminderKind.DUE
    day, why_not = candidates.day_of(row, kind), candidates.why_not(row, kind)
    if day is not None and day <= clock.today():
        why_not = WhyNot.OVER
    every = people.of_assets([row])[row.id]
    seen = [told for told in every if _sees(viewer, told)]
    steps = {step for told in every for step in told.steps(kind)} if why_not is None else set()
    near, through = candidates.near(row, kind) if steps else None, _through()
    to_come = [step for step in steps if near.is_ever(step) and near.reminded_on(step) > through]
    dates = {step: near.reminded_on(step) for step in sorted(to_come, reverse=True)}
    return Outlook(kind, day, why_not, candidates.is_on(row), seen, len(every) - len(seen), dates)


def _through() -> date:
    """Up to this day all reminders are written."""
    row = db.session.scalar(select(ReminderProgress.through))
    return row or clock.today() - timedelta(days=1)


def _sees(viewer: User, told: Told) -> bool:
    own = viewer.account
    return own.kind is not AccountKind.CUSTOMER or told.home.id == own.id
