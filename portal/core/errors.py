"""How a service says "no". web/errors.py turns each into an answer; the message is a sentence for the person."""


class DomainError(Exception):
    def __init__(self, message: str = "", *, link: tuple[str, str] | None = None):
        super().__init__(message)
        self.message = message
        self.link = link
        """Where it can be mended, or belongs: an account's id as `("account", "17")`, say."""


class NotVisible(DomainError):
    """Not in this person's part of the tree: answered exactly like something that does not exist."""


class OtherArea(NotVisible):
    """Of the portal: to people of this kind of account it does not exist."""


class NotAllowed(DomainError):
    """The person sees it, but has no right to do this."""


class StaleVersion(DomainError):
    """Somebody else saved first. Nothing was written."""


class AttemptOpen(DomainError):
    """An attempt is under way (or just began): nothing may be changed by hand now."""


class Conflict(DomainError):
    """The state does not allow it."""


class BudgetSpent(Conflict):
    """More than a person or a tree may ask for in a day; `seconds` until it begins anew."""

    def __init__(self, message: str, seconds: int):
        super().__init__(message)
        self.seconds = seconds


class BoughtBefore(Conflict):
    """An imported asset: somebody has to say first that it was not bought where it came from. Nothing was sent."""


class InvalidInput(DomainError):
    """One field holds what the database does not allow; stands beside that field (web/forms/__init__.py)."""

    def __init__(self, field: str, message: str, *, link: tuple[str, str] | None = None):
        super().__init__(message, link=link)
        self.field = field


class Unavailable(DomainError):
    """BitTitan did not answer; nothing was changed."""


class TooMany(DomainError):
    """Too many guesses of a password; `seconds` until the next one may be made."""

    def __init__(self, seconds: int):
        super().__init__()
        self.seconds = seconds
