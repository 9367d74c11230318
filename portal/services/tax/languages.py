"""The languages of texts on invoices."""

from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, AccountKind

ALWAYS = ("en", "de", "el", "fr")


def base(language: str) -> str:
    """`en` for en_GB: a text counts for all countries of a language."""
    return language.partition("_")[0]


def of_accounts() -> set[str]:
    """Those that billed accounts read. One statement."""
    is_billed = Account.branch_id == Account.id, Account.disabled_at.is_(None), Account.kind != AccountKind.DISTRIBUTOR
    return {base(each) for each in db.session.scalars(select(Account.language).where(*is_billed).distinct())}


def offered(texts: dict[str, str] | None = None) -> list[str]:
    """Those that a form asks for: the usual ones first, then those of accounts and of the texts that are there."""
    return [*ALWAYS, *sorted((of_accounts() | set(texts or {})) - set(ALWAYS))]
