"""The languages of texts on invoices."""

from collections import defaultdict

from sqlalchemy import Select, select

from portal.extensions import db
from portal.models import Account, AccountKind

ALWAYS = ("en", "de", "el", "fr")


def base(language: str) -> str:
    """`en` for en_GB: a text counts for all countries of a language."""
    return language.partition("_")[0]


def of_accounts() -> set[str]:
    """Those that billed accounts read. One statement."""
    return {base(language) for language, _code_id in db.session.execute(_read())}


def by_tax_code() -> dict[int, set[str]]:
    """Those of the billed accounts that have the code with this id. One statement."""
    found = defaultdict(set)
    for language, code_id in db.session.execute(_read()):
        found[code_id].add(base(language))
    return found


def _read() -> Select[tuple[str, int]]:
    is_billed = Account.branch_id == Account.id, Account.disabled_at.is_(None), Account.kind != AccountKind.DISTRIBUTOR
    return select(Account.language, Account.tax_code_id).where(*is_billed).distinct()


def offered(texts: dict[str, str] | None = None) -> list[str]:
    """Those that a form asks for: the usual ones first, then those of accounts and of the texts that are there."""
    return [*ALWAYS, *sorted((of_accounts() | set(texts or {})) - set(ALWAYS))]
