import enum
from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from portal.extensions import db
from portal.models.account import AccountKind, InvoiceDelivery, InvoiceRhythm
from portal.models.asset_rules import SyncStatus
from portal.models.types import UTCDateTime, sort_key, text_key, word
from portal.models.user import User


class ImportKind(enum.Enum):
    ACCOUNTS = "accounts"
    ASSETS = "assets"


class ImportState(enum.Enum):
    READING = "reading"
    UNREADABLE = "unreadable"
    READ = "read"
    """The preview is ready; nothing was changed."""
    APPLYING = "applying"
    APPLIED = "applied"


class RowResult(enum.Enum):
    NEW = "new"
    SAME = "same"
    DIFFERS = "differs"
    """The portal has this key with other values; the row is not applied."""
    FAULTY = "faulty"
    REMARKED = "remarked"
    """It looks like something that is there: applied only if a person who has seen that says so."""
    ATTACH = "attach"
    """It brings the code of an asset that failed: attached only if a person says so."""


class CodeResult(enum.Enum):
    """Of a code that a row brings for an asset that failed."""

    MATCH = "match"
    """BitTitan shows it as what was ordered."""
    REFUSED = "refused"
    ATTACHED = "attached"


class Import(db.Model):
    """An uploaded file and its result. Its rows and bytes are deleted after some days; this row is kept."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ImportKind | None] = mapped_column(word(ImportKind))
    """None until the heading is read."""
    state: Mapped[ImportState] = mapped_column(word(ImportState))
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    encoding: Mapped[str | None] = mapped_column(String(20))
    delimiter: Mapped[str | None] = mapped_column(String(1))
    heads: Mapped[list] = mapped_column(JSON, default=list)
    """The cells of the heading, as in the file."""
    ignored: Mapped[list] = mapped_column(JSON, default=list)
    """The names of columns that the portal does not know."""
    absent: Mapped[list] = mapped_column(JSON, default=list)
    """The names of known columns that the file lacks; their values are not compared."""
    choices: Mapped[dict] = mapped_column(JSON, default=dict)
    """What a person said about the whole file (services/imports/reading)."""
    reading: Mapped[dict] = mapped_column(JSON, default=dict)
    """What was decided for the whole file, with samples (services/imports/reading)."""
    accepted: Mapped[list] = mapped_column(JSON, default=list)
    """The lines of remarked rows, and of rows with a code to attach, that a person has seen and takes."""
    problem: Mapped[str | None] = mapped_column(Text)
    """Why the file cannot be read, or why it was not applied."""

    run: Mapped[int] = mapped_column(default=0)
    """Incremented by each new reader of the file, so that writes of an earlier reader are refused."""
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_checked: Mapped[int] = mapped_column(default=0)
    new_count: Mapped[int] = mapped_column(default=0)
    same_count: Mapped[int] = mapped_column(default=0)
    differs_count: Mapped[int] = mapped_column(default=0)
    faulty_count: Mapped[int] = mapped_column(default=0)
    remarked_count: Mapped[int] = mapped_column(default=0)
    attach_count: Mapped[int] = mapped_column(default=0)

    skips_faulty: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None for the command line."""
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the new rows were taken. Ticked codes are attached after that, before the state is APPLIED."""
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cleared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the rows, and so the rejects file, were deleted."""

    created_by: Mapped[User | None] = relationship(foreign_keys=created_by_id, lazy="raise")
    applied_by: Mapped[User | None] = relationship(foreign_keys=applied_by_id, lazy="raise")

    @property
    def is_under_way(self) -> bool:
        return self.state in (ImportState.READING, ImportState.APPLYING)

    @property
    def may_apply(self) -> bool:
        has_any = self.new_count > 0 or self.remarked_count > 0 or self.attach_count > 0
        return self.state is ImportState.READ and has_any and self.cleared_at is None

    @property
    def may_read_again(self) -> bool:
        return self.state is ImportState.READ and self.cleared_at is None

    @property
    def has_rejects(self) -> bool:
        return self.faulty_count > 0 and self.cleared_at is None and not self.is_under_way


class ImportPart(db.Model):
    """A piece of the uploaded bytes, kept until they are read. In the database, because all machines share it."""

    __tablename__ = "import_parts"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Staged:
    """One record of a file: its cells, how the portal read them, and what to do with it."""

    @declared_attr
    def import_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)

    line: Mapped[int] = mapped_column(primary_key=True)
    """The line of the file where the record begins."""
    raw: Mapped[str] = mapped_column(Text)
    """JSON: the cells as in the file."""
    key: Mapped[str | None] = mapped_column(text_key())
    cell_faults: Mapped[str | None] = mapped_column(Text)
    """JSON: pairs of (column, reason) for invalid cells."""
    findings: Mapped[str | None] = mapped_column(Text)
    """JSON, in the same form: all reasons for a faulty row, the columns for a row that differs."""
    verdict: Mapped[RowResult | None] = mapped_column(word(RowResult))
    name: Mapped[str | None] = mapped_column(String(200))
    name_key: Mapped[str | None] = mapped_column(text_key())
    name_sort: Mapped[bytes | None] = mapped_column(sort_key())


def _indexes(table: str) -> tuple[Index, Index]:
    return (
        Index(f"ix_{table}_key", "import_id", "key"),
        Index(f"ix_{table}_verdict", "import_id", "verdict", "line"),
    )


class StagedAsset(Staged, db.Model):
    __tablename__ = "staged_assets"
    __table_args__ = (*_indexes("staged_assets"), Index("ix_staged_assets_code", "import_id", "code"))

    external_id: Mapped[str | None] = mapped_column(String(40))
    product_name: Mapped[str | None] = mapped_column(Text)
    customer_code: Mapped[str | None] = mapped_column(Text)
    billed_code: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int | None]
    sync_status: Mapped[SyncStatus | None] = mapped_column(word(SyncStatus))
    purchased_on: Mapped[date | None]
    expire_days: Mapped[int | None]
    validity_days: Mapped[int | None]
    redeem_by: Mapped[date | None]
    code: Mapped[str | None] = mapped_column(String(128))
    mask: Mapped[str | None] = mapped_column(String(4))
    reference: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[int | None]
    branch_id: Mapped[int | None]
    billed_account_id: Mapped[int | None]
    product_id: Mapped[int | None]
    asset_id: Mapped[int | None]
    """The asset that failed and whose code this is."""
    code_result: Mapped[str | None] = mapped_column(String(20))
    """A CodeResult; None until BitTitan was asked."""
    code_told: Mapped[str | None] = mapped_column(Text)


class StagedAccount(Staged, db.Model):
    __tablename__ = "staged_accounts"
    __table_args__ = (*_indexes("staged_accounts"), Index("ix_staged_accounts_look", "import_id", "look"))

    code: Mapped[str | None] = mapped_column(String(40))
    look: Mapped[str | None] = mapped_column(text_key())
    """What the code looks like (core/lookalike.py)."""
    kind: Mapped[AccountKind | None] = mapped_column(word(AccountKind))
    parent_code: Mapped[str | None] = mapped_column(Text)
    parent_key: Mapped[str | None] = mapped_column(text_key())
    """The key of the parent account. The file's distributor becomes the portal's own."""
    bittitan_email: Mapped[str | None] = mapped_column(String(254))
    billing_email: Mapped[str | None] = mapped_column(String(254))
    country: Mapped[str | None] = mapped_column(String(2))
    currency: Mapped[str | None] = mapped_column(String(3))
    vat_number: Mapped[str | None] = mapped_column(String(40))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(500))
    postcode: Mapped[str | None] = mapped_column(String(20))
    city: Mapped[str | None] = mapped_column(String(100))
    tax_code: Mapped[str | None] = mapped_column(String(40))
    """As in the file; it becomes a tax code if there is one of that code."""
    print_name: Mapped[str | None] = mapped_column(String(200))
    buyer_reference: Mapped[str | None] = mapped_column(String(100))
    electronic_address: Mapped[str | None] = mapped_column(String(120))
    invoice_rhythm: Mapped[InvoiceRhythm | None] = mapped_column(word(InvoiceRhythm))
    invoice_delivery: Mapped[InvoiceDelivery | None] = mapped_column(word(InvoiceDelivery))
    language: Mapped[str | None] = mapped_column(String(10))
    credit_limit: Mapped[int | None] = mapped_column(BigInteger)
