"""What is said about a cell that is not taken."""

from portal.core import field_rules


class BadCell(ValueError):
    """The message tells the person what to do."""


class Implausible(BadCell):
    """The value is not taken, unless it is recorded already."""

    def __init__(self, message: str, value: object):
        super().__init__(message)
        self.value = value


def shown(value: str) -> str:
    """The part that fits into a sentence, without characters that would move a terminal's cursor."""
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return short if short.isprintable() else "".join(mark if mark.isprintable() else field_rules.LOST for mark in short)
