"""The person who asks, reduced to what a statement needs, so that all who see the same rows share one statement."""

from dataclasses import dataclass
from typing import Self

from portal.core.statement_cache import StatementArgs
from portal.models import Account, AccountKind, Right, User


@dataclass(frozen=True)
class Tree(StatementArgs):
    """An account with everything below it."""

    kind: AccountKind
    id: int

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(account.kind, account.id)

    @property
    def is_distributor(self) -> bool:
        return self.kind is AccountKind.DISTRIBUTOR


@dataclass(frozen=True)
class Viewer(StatementArgs):
    """Stands in for a User."""

    account: Tree
    rights: frozenset[Right]

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(Tree.of(user.account), user.rights)

    @property
    def is_staff(self) -> bool:
        return self.account.is_distributor

    def may(self, right: Right) -> bool:
        return right in self.rights
