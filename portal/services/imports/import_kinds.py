"""The two kinds of import files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from portal.core.i18n import gettext as _
from portal.models import ImportKind
from portal.services.imports import import_accounts, import_assets, import_columns
from portal.services.imports.import_columns import Cells, Column
from portal.services.imports.import_file import Unreadable


@dataclass(frozen=True)
class Kind:
    columns: tuple[Column, ...]
    titles: dict[str, str]
    table: Table
    """The table in which its records are staged."""
    staged: Callable[[Cells], dict[str, Any]]
    validator: type
    unique: tuple[str, ...]
    """Staged columns whose values must be unique in the file."""
    alike: tuple[str, ...] = ()
    """Staged columns of which the first line with a value is told."""
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """Fields that are read as the whole file decides (reading/)."""
    codes: tuple[str, ...] = ()
    """Fields that hold coupon codes, which exports mask."""
    is_of_codes: Callable[[set[str]], bool] = lambda fields: False
    """Whether a file with these fields brings only codes for what is there."""


KINDS = {
    ImportKind.ACCOUNTS: Kind(
        import_accounts.COLUMNS, import_accounts.TITLES, import_accounts.TABLE, import_accounts.staged,
        import_accounts.Validator, ("key",), ("look",),
    ),
    ImportKind.ASSETS: Kind(
        import_assets.COLUMNS, import_assets.TITLES, import_assets.TABLE, import_assets.staged,
        import_assets.Validator, ("key", "code"), (), import_assets.DATES, tuple(import_assets.NUMBERS),
        import_assets.CODES, import_assets.is_of_codes,
    ),
}  # fmt: skip


def count_known(heads: list[str]) -> int:
    """The number of known column names, for the kind that knows the most."""
    return max(import_columns.count_known(heads, kind.columns) for kind in KINDS.values())


def best_kind(heads: list[str]) -> ImportKind | None:
    """The kind that knows the most of these names; None if none knows two."""
    best = max(KINDS, key=lambda kind: import_columns.count_known(heads, KINDS[kind].columns))
    return best if import_columns.count_known(heads, KINDS[best].columns) > 1 else None


def kind_of(heads: list[str], expected: ImportKind | None) -> ImportKind | None:
    """Decided by the heading. None if it is of no kind; raises Unreadable if it is not of the expected one."""
    best = best_kind(heads)
    if best is None or expected is None:
        return best
    known = {kind: import_columns.count_known(heads, each.columns) for kind, each in KINDS.items()}
    if known[expected] == known[best]:
        return expected
    raise Unreadable(not_expected(best))


def not_expected(kind: ImportKind) -> str:
    if kind is ImportKind.ASSETS:
        return _("These are assets, not accounts.")
    return _("These are accounts, not assets.")
