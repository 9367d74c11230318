"""The ways in which a service says “no”. web/errors.py turns each into an answer; the message is a sentence for the
person.
"""

from typing import Any


class Overtaken(Exception):
    """Another worker has this work by now, or somebody ended it: stop, and write nothing more."""


class DomainError(Exception):
    def __init__(self, message: str = "", *, link: tuple[str, Any] | None = None):
        super().__init__(message)
        self.message = message
        self.link = link
        """Where the problem can be solved, for example an account: `("account", "17")`."""


class NotVisible(DomainError):
    """Not in this person's part of the tree: answered exactly like a row that does not exist."""


class OtherArea(NotVisible):
    """An area of the portal that does not exist for people of this kind of account."""


class NotAllowed(DomainError):
    """The person can see it, but may not do this."""


class StaleVersion(DomainError):
    """Somebody else saved first. Nothing was written."""


class AttemptOpen(DomainError):
    """An attempt is open or has just begun: nothing may be changed by hand now."""


class Conflict(DomainError):
    """The state does not allow it."""


class PriceChanged(Conflict):
    """Prices are not those that the person saw; nothing was ordered. The page shows both."""


class BudgetSpent(Conflict):
    """More than a person or a tree may ask for in a day. `seconds`: until the budget starts again."""

    def __init__(self, message: str, seconds: int):
        super().__init__(message)
        self.seconds = seconds


class BoughtBefore(Conflict):
    """An imported asset: somebody must first confirm that it was not bought elsewhere. Nothing was sent."""


class Credited(Conflict):
    """The asset was credited as not delivered by credit notes that the person was not shown. Nothing was sent."""


class InvalidInput(DomainError):
    """A field holds a value that the database does not allow. Shown beside that field (web/forms/__init__.py)."""

    def __init__(self, field: str, message: str, *, link: tuple[str, Any] | None = None):
        super().__init__(message, link=link)
        self.field = field


class Unavailable(DomainError):
    """BitTitan did not answer; nothing was changed."""


class TooMany(DomainError):
    """Too many guesses of a password. `seconds`: until the next one is allowed."""

    def __init__(self, seconds: int):
        super().__init__()
        self.seconds = seconds
