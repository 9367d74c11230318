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
    """Ask BitTitan about a code; the subject is the asset."""
    CHECK_STATUS = "check status"
    """Ask BitTitan what became of an asset's code; the subject is the asset."""
    ATTACH_CODE = "attach code"
    CHECK_REPLACEMENT = "check replacement"
    """Like CHECK_CODE, for the code that shall replace an unverified one."""
    REPLACE_CODE = "replace code"
    GIVE_COUPON = "give coupon"
    """Attach a coupon from the surplus register to an asset; the subject is the coupon."""
    """Record a coupon that a comparison found; `typed` says which."""
    LINK_ACCOUNT = "link account"
    LINK_PAYER = "link payer"
    """Like LINK_ACCOUNT, for one or several accounts, from the page of a cause; `typed` says which."""
    EDIT_ACCOUNT = "edit account"
    CREATE_ACCOUNT = "create account"
    CONNECT = "connect"
    READ_DEFINITION = "read definition"
    """Read the product types from BitTitan's service definition."""
    TEST_CONNECTION = "test connection"
    """Try an address and a sign-in that somebody typed, and change nothing."""
    SAVE_CONNECTION = "save connection"
    """Like TEST_CONNECTION; if all is well, they are used from now on."""


class RequestState(enum.Enum):
    WAITING = "waiting"
    """Waits for a worker."""
    RUNNING = "running"
    """A worker is carrying it out, or was killed while doing so."""
    DONE = "done"
    REFUSED = "refused"
    """Nothing was changed; `answer` says why."""


OPEN_REQUESTS = (RequestState.WAITING, RequestState.RUNNING)


class VendorRequest(db.Model):
    """A person's request to BitTitan from a page. A worker carries it out, and the page polls (promise 14).

    Only that person may read it, and it is deleted within hours, because it may contain a code.
    """

    __tablename__ = "vendor_requests"
    __table_args__ = (Index("ix_vendor_requests_asked_at", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RequestKind] = mapped_column(word(RequestKind))
    subject_id: Mapped[int]
    """The id of an asset, coupon or account; 0 if there is none."""
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    press: Mapped[str | None] = mapped_column(String(64), unique=True)
    """A hash of the request while it is open, so that a second click finds the first one's request."""
    state: Mapped[RequestState] = mapped_column(word(RequestState))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    asked_by: Mapped[User] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_REQUESTS
