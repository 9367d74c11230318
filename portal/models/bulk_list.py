"""Lists of assets that are kept for one act on all of them: retries (retry.py) and bulk operations
(bulk_operation.py). Each has tables of its own, with these columns in common."""

import enum
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from portal.models.types import UTCDateTime
from portal.models.user import User


class BulkState(enum.Enum):
    PREPARED = "prepared"
    """Nothing is done yet; a person looks at the preview."""
    RUNNING = "running"
    DONE = "done"
    """Each asset had its turn. What BitTitan was asked for may still be open; the receipt follows it."""
    STOPPED = "stopped"
    """Stopped by a person; the remaining assets are not begun."""
    HALTED = "halted"
    """Stopped automatically; `why` has the reason."""


class BulkList:
    """Made by a person. It holds the assets that matched at that moment."""

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[BulkState]
    origin: Mapped[enum.Enum]
    """An enum of each table; has PICKED for assets that were ticked."""
    query: Mapped[str] = mapped_column(Text, default="")
    """The address of the list of assets that it was made from."""
    is_cut: Mapped[bool] = mapped_column(default=False)
    """More assets matched than one list takes."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    why: Mapped[str | None] = mapped_column(String(20))
    """Why it halted, such as `right`: who started it may not do so any more."""

    LETTER: ClassVar[str]

    @declared_attr
    def made_by(cls) -> Mapped[User]:
        return relationship(foreign_keys=cls.made_by_id, lazy="raise")

    @declared_attr
    def started_by(cls) -> Mapped[User | None]:
        return relationship(foreign_keys=cls.started_by_id, lazy="raise")

    @declared_attr
    def ended_by(cls) -> Mapped[User | None]:
        return relationship(foreign_keys=cls.ended_by_id, lazy="raise")

    @property
    def number(self) -> str:
        return f"{self.LETTER}-{self.id}"

    @property
    def is_picked(self) -> bool:
        return self.origin.name == "PICKED"

    @property
    def act(self) -> str | None:
        """For the audit log, where lists of one kind can do several things."""
        return None

    @property
    def is_prepared(self) -> bool:
        return self.state is BulkState.PREPARED

    @property
    def is_running(self) -> bool:
        return self.state is BulkState.RUNNING


class BulkListItem:
    """One asset of a list. Only a waiting item is ever carried out, in the transaction of the change.

    Its states are an enum of each table: WAITING, LEFT_OUT, NOT_BEGUN, and one for what was carried out."""

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    version: Mapped[int]
    """The asset's version when the list was made."""
    state: Mapped[enum.Enum]
    why: Mapped[str | None] = mapped_column(String(20))
    """Why the asset was left out: a value of the `Why` of its use."""
