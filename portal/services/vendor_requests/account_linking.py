"""Links several billed accounts, one after the other. Each has its own result."""

from dataclasses import dataclass
from typing import Any

from portal.core import access, spelling
from portal.core.errors import BudgetSpent, DomainError, Unavailable
from portal.extensions import db
from portal.models import Account, User
from portal.providers.base import Found
from portal.services import accounts
from portal.services.accounts import Saved
from portal.services.accounts.account_links import Answer
from portal.services.vendor_requests.serialization import packed, packed_refusal, refusal_of, unpacked


@dataclass(frozen=True)
class LinkResult:
    account_id: int
    _answer: dict[str, Any]

    def value(self) -> Saved:
        """Raises DomainError if this account was refused."""
        if "refusal" in self._answer:
            raise refusal_of(self._answer)
        return read_saved(self._answer)


def link(_first: int, *, by: User, cause: str, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    """`wanted` has id, version and e-mail of each account. Doing it twice does no harm: an account that has the address
    already is only looked up again. BitTitan is asked no more once it does not answer."""
    answers: list[dict[str, Any]] = []
    silence = None
    for each in wanted:
        answer = silence or _link(by, each["id"], each["version"], each["email"])
        silence = answer if answer.get("refusal") in _SILENT else None
        answers.append(answer)
    return {"results": [[each["id"], answer] for each, answer in zip(wanted, answers, strict=True)]}


_SILENT = (Unavailable.__name__, BudgetSpent.__name__)


def results(answer: dict[str, Any]) -> list[LinkResult]:
    return [LinkResult(account_id, each) for account_id, each in answer["results"]]


def _link(by: User, account_id: int, version: int, email: str) -> dict[str, Any]:
    try:
        account = access.visible_account(by, account_id)
        if spelling.is_same("bittitan_email", account.bittitan_email, email):
            return packed_saved(accounts.synchronize(account, by=by))
        return packed_saved(accounts.correct_link(account, version=version, email=email, by=by))
    except DomainError as refusal:
        return packed_refusal(refusal)


def packed_saved(saved: Saved) -> dict[str, Any]:
    answer = saved.answer and packed(saved.answer)
    return {"account_id": saved.account.id, "answer": answer, "is_changed": bool(saved.is_changed)}


def read_saved(answer: dict[str, Any]) -> Saved:
    link = answer["answer"]
    if link:
        link = unpacked(Answer, link, organization=link["organization"] and Found(**link["organization"]))
    return Saved(db.session.get(Account, answer["account_id"]), link, answer["is_changed"])
