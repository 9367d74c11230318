import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.tax_code import TaxCode
from portal.models.text_keys import collation_key, fold, search_key
from portal.models.types import UTCDateTime, sort_key, text_key, word

_IS_MERGED = text("merged_into_id IS NOT NULL")


class AccountKind(enum.Enum):
    DISTRIBUTOR = "distributor"
    PARTNER = "partner"
    CUSTOMER = "customer"


class InvoiceRhythm(enum.Enum):
    ORDER = "order"
    """An invoice for each order."""
    MONTHLY = "monthly"


class InvoiceDelivery(enum.Enum):
    MAIL = "mail"
    PORTAL = "portal"
    """It is there to be fetched; no mail is sent."""


class Account(db.Model):
    """A node of the tree distributor > partner > customer.

    `branch_id` is the account directly below the distributor to which this account belongs: a partner, or a direct
    customer itself. Assets have it too, kept equal by a cascading foreign key, so that scoping needs no join. A merged
    account has none, so the same foreign key refuses an asset for it.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("id", "branch_id"),
        CheckConstraint("(kind = 'distributor') = (parent_id IS NULL)", name="only_the_root_has_no_parent"),
        CheckConstraint(
            "merged_into_id IS NULL OR (disabled_at IS NOT NULL AND branch_id IS NULL)", name="merged_is_out_of_use"
        ),
        Index(
            "uq_accounts_one_distributor",
            "kind",
            unique=True,
            sqlite_where=text("kind = 'distributor'"),
            postgresql_where=text("kind = 'distributor'"),
        ),
        Index("ix_accounts_parent_id", "parent_id", "name_sort", "id"),
        Index("ix_accounts_branch_id", "branch_id", "name_sort", "id"),
        Index("ix_accounts_name_sort", "name_sort", "id"),
        Index("ix_accounts_merged_into_id", "merged_into_id", sqlite_where=_IS_MERGED, postgresql_where=_IS_MERGED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    code_key: Mapped[str] = mapped_column(text_key(), unique=True)
    """Case-folded: codes that differ only in case are the same."""
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(text_key())
    """What a search compares."""
    name_sort: Mapped[bytes] = mapped_column(sort_key())
    """What lists are ordered by."""
    kind: Mapped[AccountKind] = mapped_column(word(AccountKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """The account that has everything of this one (services/accounts/account_merges.py), never itself a merged one.
    Only the code is still in use: it finds that account."""

    bittitan_email: Mapped[str | None] = mapped_column(String(254))
    organization_id: Mapped[str | None] = mapped_column(String(36))
    organization_name: Mapped[str | None] = mapped_column(String(200))
    synchronized_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    contact_email: Mapped[str | None] = mapped_column(String(254))
    billing_email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(500))
    """The street, in up to three lines; in older records the whole address."""
    postcode: Mapped[str | None] = mapped_column(String(20))
    city: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str | None] = mapped_column(String(2))
    vat_number: Mapped[str | None] = mapped_column(String(40))
    print_name: Mapped[str | None] = mapped_column(String(200))
    """On invoices, if it is not the name."""
    tax_code_id: Mapped[int | None] = mapped_column(ForeignKey("tax_codes.id"))
    tax_text: Mapped[str | None] = mapped_column(String(40))
    """What another system had as its tax code, and the portal does not know. A decision does not remove it."""
    buyer_reference: Mapped[str | None] = mapped_column(String(100))
    """BT-10: what the buyer wants to read on invoices, such as a Leitweg-ID."""
    electronic_address: Mapped[str | None] = mapped_column(String(120))
    """BT-49 with its scheme, such as 9930:DE136695976."""
    invoice_rhythm: Mapped[InvoiceRhythm] = mapped_column(word(InvoiceRhythm), default=InvoiceRhythm.ORDER)
    invoice_delivery: Mapped[InvoiceDelivery] = mapped_column(word(InvoiceDelivery), default=InvoiceDelivery.MAIL)
    currency: Mapped[str] = mapped_column(String(3))
    language: Mapped[str] = mapped_column(String(10), default="en")
    credit_limit: Mapped[int | None] = mapped_column(BigInteger)
    """In minor units of `currency`; None means no limit."""
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of the limit orders use up. Only services/credit.py changes it, by compare-and-set."""
    executes_orders: Mapped[bool] = mapped_column(default=True)
    """Orders that this account pays are executed as soon as they are submitted; otherwise they wait for staff."""
    asks_approval: Mapped[bool] = mapped_column(default=True)
    """Of a partner: orders of its customers wait for its approval."""
    approves_up_to: Mapped[int | None] = mapped_column(BigInteger)
    """Of a partner: an order that costs it no more than this, in minor units of `currency`, is approved at once."""

    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    parent: Mapped["Account | None"] = relationship(foreign_keys=parent_id, remote_side=id)
    tax_code: Mapped[TaxCode | None] = relationship()

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    @validates("code")
    def _keep_the_code_key(self, _, code: str) -> str:
        self.code_key = fold(code)
        return code

    @property
    def is_distributor(self) -> bool:
        return self.kind is AccountKind.DISTRIBUTOR

    @property
    def pays_itself(self) -> bool:
        """True for all but a partner's customers, for whom the partner is billed."""
        return self.branch_id in (None, self.id)

    @property
    def is_synchronized(self) -> bool:
        return self.organization_id is not None

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None
