import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class RequestKind(enum.Enum):
    CHECK_CODE = "check code"
    """What does BitTitan say of a code? The subject is the asset."""
    ATTACH_CODE = "attach code"
    CHECK_REPLACEMENT = "check replacement"
    """The same two for a code that was recorded unverified."""
    REPLACE_CODE = "replace code"
    GIVE_COUPON = "give coupon"
    """Out of the surplus register; the subject is the coupon."""
    KEEP_COUPON = "keep coupon"
    """What a comparison named; which one, was typed."""
    LINK_ACCOUNT = "link account"
    LINK_PAYER = "link payer"
    """The same, asked in the work queue."""
    EDIT_ACCOUNT = "edit account"
    CREATE_ACCOUNT = "create account"
    CONNECT = "connect"


class RequestState(enum.Enum):
    WAITING = "waiting"
    """For a worker."""
    RUNNING = "running"
    """A worker has it, or had it when it was killed."""
    DONE = "done"
    REFUSED = "refused"
    """Nothing was changed, and `answer` says why."""


OPEN_REQUESTS = (RequestState.WAITING, RequestState.RUNNING)


class VendorRequest(db.Model):
    """What a person asked of BitTitan on a page. A worker asks and carries it out; the page follows (promise 14).

    It is read by nobody but that person, and deleted within hours: a code may have been typed.
    """

    __tablename__ = "vendor_requests"
    __table_args__ = (Index("ix_vendor_requests_asked_at", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RequestKind] = mapped_column(word(RequestKind))
    subject_id: Mapped[int]
    """An asset, a coupon or an account; 0 where there is none."""
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    press: Mapped[str | None] = mapped_column(String(64), unique=True)
    """What a second press has in common with the first, until it is answered."""
    state: Mapped[RequestState] = mapped_column(word(RequestState))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    asked_by: Mapped[User] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_REQUESTS
