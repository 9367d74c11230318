"""The view model of a bank list's preview: what is certain, what is asked, and what is left out."""

from collections.abc import Sequence

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.services.imports.bank_lists import CERTAIN, DOUBTFUL, MOST_ASKED, Plan, Planned, Said, Verdict
from portal.web.filters import money


class BankListPage:
    def __init__(self, plan: Plan, said: Said):
        self.plan, self._said = plan, said
        self.certain: Sequence[Planned] = plan.of(*CERTAIN)
        self.doubtful: Sequence[Planned] = plan.of(*DOUBTFUL)
        without = plan.of(Verdict.NONE)
        self.without: Sequence[Planned] = without[:MOST_ASKED]
        self.is_cut = len(without) > MOST_ASKED
        self.faulty = plan.of(Verdict.FAULTY)
        self.recorded = plan.of(Verdict.RECORDED)
        self.outgoing = len(plan.of(Verdict.OUTGOING))
        self.empty = len(plan.of(Verdict.EMPTY))
        self.digest, self.told = plan.digest, plan.told
        self.chosen = len(plan.chosen)

    @property
    def sums(self) -> list[str]:
        """Of what would be recorded, by currency."""
        totals: dict[str, int] = {}
        for row in self.plan.chosen:
            totals[row.line.currency] = totals.get(row.line.currency, 0) + row.line.amount
        return [money(amount, currency) for currency, amount in sorted(totals.items())]

    def typed(self, row: Planned) -> str:
        """The account, or number, that the person has named for this line."""
        return self._said.accounts.get(row.line.line, "")

    def is_left_out(self, row: Planned) -> bool:
        return row.line.line in self._said.left_out

    def is_taken(self, row: Planned) -> bool:
        return row.line.line in self._said.taken

    def words(self, row: Planned) -> str:
        """What becomes of it."""
        currency = row.line.currency
        if row.verdict is Verdict.MATCHED:
            return ngettext("Paid", "All of them are paid", len(row.bills))
        if row.verdict is Verdict.SHORT:
            left = money(row.open - row.line.amount, currency)
            return _("%(left)s less than is open, which stays open", left=left)
        if row.verdict is Verdict.OVER:
            return _("%(rest)s more than is open, which is not assigned", rest=money(row.rest, currency))
        if row.verdict is Verdict.ACCOUNT:
            return _("Not assigned, on the account of %(name)s", name=row.account)
        return row.why
