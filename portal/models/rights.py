"""Who may do what (docs/concepts/rights.md). Guards, services and templates all ask `user.may(Right.…)`.

A right allows a kind of action; core/access.py decides on which rows.
"""

import enum


class Right(enum.Enum):
    SEE_ASSETS = "see assets"
    REVEAL_CODES = "reveal a code"
    PROVISION = "edit-save, re-sync, attach, attest, cancel"
    SEE_INTERNALS = "see causes, staff notes, vendor exchanges, old numbers, who else was billed"
    RENAME_ASSETS = "rename an asset of the own tree, ask to synchronize again"
    ORDER = "order"
    SEE_ACCOUNTS = "see the accounts of the own tree"
    EDIT_ACCOUNTS = "create, edit and disable accounts"
    SYNCHRONIZE_ACCOUNTS = "look accounts up at BitTitan"
    EDIT_USERS = "create, edit and disable users"
    CONFIGURE = "products, BitTitan connection, settings"
    SEE_COMPANY = "see the company and its tax codes"
    SET_PRICES = "price lists for the accounts directly below"
    SEE_TOOLS = "see reconciliation and audit log"
    USE_TOOLS = "reconcile"
    SEE_INVOICES = "see the invoices, payments and statement of the own account; staff: of all"
    INVOICE = "issue, credit, record payments"
    SEE_REPORTS = "see reports"
    IMPORT = "import accounts and assets from a file"


_SEE = {Right.SEE_ASSETS, Right.SEE_ACCOUNTS, Right.SEE_INVOICES, Right.SEE_REPORTS}
_STAFF = _SEE | {Right.SEE_INTERNALS}
"""The rights of all staff."""
_STAFF_VIEWER = _STAFF | {Right.SEE_TOOLS}
_STAFF_ACCOUNTANT = _STAFF | {Right.SEE_COMPANY, Right.INVOICE}
_STAFF_OPERATOR = _STAFF_VIEWER | {
    Right.REVEAL_CODES,
    Right.PROVISION,
    Right.ORDER,
    Right.EDIT_ACCOUNTS,
    Right.SYNCHRONIZE_ACCOUNTS,
    Right.USE_TOOLS,
    Right.IMPORT,
    Right.INVOICE,
}
_OPERATOR = _SEE | {Right.REVEAL_CODES, Right.RENAME_ASSETS, Right.ORDER}

_RIGHTS: dict[tuple[str, str], frozenset[Right]] = {
    ("distributor", "admin"): frozenset(
        _STAFF_OPERATOR | {Right.EDIT_USERS, Right.CONFIGURE, Right.SEE_COMPANY, Right.SET_PRICES}
    ),
    ("distributor", "operator"): frozenset(_STAFF_OPERATOR),
    ("distributor", "accountant"): frozenset(_STAFF_ACCOUNTANT),
    ("distributor", "viewer"): frozenset(_STAFF_VIEWER),
    ("partner", "admin"): frozenset(
        _OPERATOR | {Right.EDIT_ACCOUNTS, Right.SYNCHRONIZE_ACCOUNTS, Right.EDIT_USERS, Right.SET_PRICES}
    ),
    ("partner", "operator"): frozenset(_OPERATOR),
    ("partner", "accountant"): frozenset(_SEE),
    ("partner", "viewer"): frozenset(_SEE),
    ("customer", "admin"): frozenset(_OPERATOR | {Right.EDIT_USERS}),
    ("customer", "operator"): frozenset(_OPERATOR),
    ("customer", "accountant"): frozenset(_SEE),
    ("customer", "viewer"): frozenset(_SEE),
}


def rights_of(kind: str, role: str) -> frozenset[Right]:
    return _RIGHTS[kind, role]
