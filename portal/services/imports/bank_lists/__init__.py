"""A bank list: payments matched with open invoices by the numbers that payers write, previewed, then recorded.

Nothing is stored in between: the page keeps the text. Each line has a key of its content, so that a list that is read
again records nothing twice.
"""

import enum
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlalchemy import select

from portal.core import clock
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.transaction import once_more, transaction
from portal.extensions import db
from portal.models import Account, Payment, User
from portal.services import credit
from portal.services.accounts import account_list
from portal.services.imports.bank_lists import bank_reading
from portal.services.imports.bank_lists.bank_reading import BankLine, Choices
from portal.services.invoicing.payments import matching, payers, recording, sources
from portal.services.invoicing.payments.matching import Bill, Matcher

BATCH = 100
"""Lines that are recorded in one transaction."""
MOST_ASKED = 200
"""Lines for which a person can name an account at once."""


class Verdict(enum.Enum):
    MATCHED = "matched"
    SHORT = "short"
    """Less than is open: the rest stays open."""
    OVER = "over"
    """More than is open: the rest is not assigned."""
    PAID = "paid"
    """Nothing of the invoice is open; it may have been recorded by hand."""
    CURRENCY = "currency"
    """Not in the invoice's currency."""
    ACCOUNT = "account"
    """Without an invoice, for the account that a person has named."""
    NONE = "none"
    """No invoice was found."""
    RECORDED = "recorded"
    OUTGOING = "outgoing"
    EMPTY = "empty"
    """An amount of zero, such as a notice of the bank."""
    FAULTY = "faulty"


CERTAIN = {Verdict.MATCHED, Verdict.SHORT, Verdict.OVER, Verdict.ACCOUNT}
"""Recorded unless a person leaves them out."""
DOUBTFUL = {Verdict.PAID, Verdict.CURRENCY}
"""Recorded, and not assigned, if a person says so."""


@dataclass(frozen=True)
class Said:
    """What a person chose on the preview, by line."""

    left_out: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()
    accounts: Mapping[int, str] = field(default_factory=dict)
    """Names or codes of accounts, or numbers of invoices."""


@dataclass(frozen=True)
class Planned:
    line: BankLine
    verdict: Verdict
    bills: tuple[tuple[Bill, int], ...] = ()
    """The invoices, and what is paid of each."""
    rest: int = 0
    """What is not assigned."""
    account_id: int | None = None
    account: str = ""
    why: str = ""
    is_chosen: bool = False
    open: int = 0
    """Of its invoices, before it."""


@dataclass(frozen=True)
class Plan:
    rows: Sequence[Planned]
    told: Sequence[str]

    @property
    def chosen(self) -> list[Planned]:
        return [row for row in self.rows if row.is_chosen]

    def of(self, *verdicts: Verdict) -> list[Planned]:
        return [row for row in self.rows if row.verdict in verdicts]

    @cached_property
    def digest(self) -> str:
        """Differs if any line would be recorded in another way."""
        said = [(row.line.key, row.verdict.value, row.account_id, row.rest, [part for _bill, part in row.bills])
                for row in self.rows]  # fmt: skip
        return hashlib.sha256(repr(said).encode()).hexdigest()


def preview(text: str, choices: Choices, said: Said, *, by: User) -> Plan:
    """Changes nothing. Raises Unreadable if it is no bank list."""
    sources.check_right(by)
    bank_list = bank_reading.read(text, choices)
    planner = _Planner(bank_list.lines, said, by)
    return Plan([planner.row(line) for line in bank_list.lines], bank_list.told)


def apply(text: str, choices: Choices, said: Said, *, seen: str, by: User) -> list[Payment]:
    """`seen`: the digest of the preview. Records the chosen lines, each once, in several transactions: if one fails,
    the same list records the others. Raises Unreadable, and Conflict if the preview is out of date."""
    plan = preview(text, choices, said, by=by)
    if plan.digest != seen:
        raise Conflict(_("Something has changed since this preview. Nothing was recorded. Look at it again."))
    chosen, recorded = plan.chosen, []
    for start in range(0, len(chosen), BATCH):
        some = chosen[start : start + BATCH]
        recorded += once_more(lambda some=some: _record(some, by))
    return recorded


def _record(rows: Sequence[Planned], by: User) -> list[Payment]:
    """Pays what is open by now: if it is less than the preview said, the rest is not assigned."""
    with transaction():
        known = recording.known([row.line.key for row in rows])
        _lock_payers(rows)
        invoices = recording.lock_invoices([bill.id for row in rows for bill, _part in row.bills])
        recorded, now = [], clock.now()
        for row in rows:
            if row.line.key in known or row.line.day is None or row.account_id is None:
                continue
            bills = [invoices[bill.id] for bill, _part in row.bills]
            account_id = bills[0].billed_account_id if bills else row.account_id
            received = recording.checked(bank_reading.received(row.line, row.line.day))
            payment = recording.record(received, account_id, bills, key=row.line.key, by=by, now=now)
            recorded.append(payment)
        return recorded


def _lock_payers(rows: Sequence[Planned]) -> None:
    """Raises Conflict if one of them was merged after the preview."""
    account_ids = [row.account_id for row in rows if row.account_id]
    credit.lock_payers(account_ids)
    merged = select(Account).where(Account.id.in_(account_ids), Account.merged_into_id.is_not(None)).limit(1)
    if (account := db.session.scalar(merged)) is not None:
        raise Conflict(_("%(name)s was merged into another account a moment ago. Look at the preview again.",
                         name=account.name))  # fmt: skip


class _Planner:
    """Works out line by line what becomes of it; what earlier lines of the list pay is no longer open."""

    def __init__(self, lines: Sequence[BankLine], said: Said, by: User):
        self._said, self._by = said, by
        self._matcher = Matcher()
        self._known = recording.known([line.key for line in lines])
        unmatched = [line.text for line in lines if line.text and not self._matcher.named_in(line.text)]
        self._issued = matching.issued(unmatched)
        self._paid: dict[int, int] = {}

    def row(self, line: BankLine) -> Planned:
        row = self._planned(line)
        is_sure = row.verdict in CERTAIN and line.line not in self._said.left_out
        is_taken = row.verdict in DOUBTFUL and line.line in self._said.taken
        if is_sure or is_taken:
            for bill, part in row.bills:
                self._paid[bill.id] = self._paid.get(bill.id, 0) + part
        return replace(row, is_chosen=is_sure or is_taken)

    def _planned(self, line: BankLine) -> Planned:
        if line.faults:
            return Planned(line, Verdict.FAULTY)
        if line.amount <= 0:
            return Planned(line, Verdict.OUTGOING if line.amount else Verdict.EMPTY)
        if line.key in self._known:
            is_reversed = self._known[line.key].reversed_at is not None
            return Planned(line, Verdict.RECORDED, why=_("It was reversed since.") if is_reversed else "")
        bills = self._matcher.named_in(line.text)
        if not bills and line.text in self._issued:
            bills = [self._issued[line.text]]
        if not bills:
            return self._without_invoice(line)
        if len({(bill.account_id, bill.currency) for bill in bills}) > 1:
            return self._without_invoice(line, _("It names invoices of several accounts or currencies."))
        return self._with_invoices(line, bills)

    def _with_invoices(self, line: BankLine, bills: Sequence[Bill]) -> Planned:
        first = bills[0]
        of_account = {"account_id": first.account_id, "account": first.account, "rest": line.amount}
        if first.currency != line.currency:
            why = _("%(number)s is in %(currency)s.", number=first.number, currency=first.currency)
            return Planned(line, Verdict.CURRENCY, why=why, **of_account)
        parts = tuple(self._parts(line.amount, bills))
        total = sum(self._open(bill) for bill in bills)
        rest = line.amount - sum(part for _bill, part in parts)
        if not parts:
            why = _("%(number)s is paid already.", number=first.number)
            return Planned(line, Verdict.PAID, why=why, **of_account)
        verdict = Verdict.OVER if rest else Verdict.SHORT if line.amount < total else Verdict.MATCHED
        return Planned(line, verdict, parts, **(of_account | {"rest": rest}), open=total)

    def _parts(self, amount: int, bills: Sequence[Bill]) -> Iterator[tuple[Bill, int]]:
        for bill in bills:
            part = min(amount, self._open(bill))
            if part > 0:
                yield bill, part
                amount -= part

    def _open(self, bill: Bill) -> int:
        return bill.open - self._paid.get(bill.id, 0)

    def _without_invoice(self, line: BankLine, why: str = "") -> Planned:
        typed = self._said.accounts.get(line.line, "").strip()
        if not typed:
            return Planned(line, Verdict.NONE, why=why)
        if bills := self._matcher.named_in(typed):
            return self._with_invoices(line, bills[:1])
        account = self._account(typed)
        if account is None:
            return Planned(line, Verdict.NONE, why=_("No one account, or open invoice, has that name, code or number."))
        return Planned(line, Verdict.ACCOUNT, rest=line.amount, account_id=account.id, account=account.name)

    def _account(self, typed: str) -> Account | None:
        found = account_list.named(self._by, typed, 2)
        is_one = len(found) == 1 and not found[0].is_distributor
        return found[0] if is_one and payers.is_billed(found[0]) else None
