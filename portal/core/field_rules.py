"""What can be a coupon code, an asset’s number, an account’s code, a name: one rule for import, forms and commands.

What is recorded stays for ever, so nothing damaged is taken. What is recorded already is not judged again: callers ask
about new values only. Each rule returns the value as it is kept, and raises InvalidInput; Implausible, a kind of it, if
the value could be kept but cannot be meant. The sentences about a code never repeat it.
"""

import re
import unicodedata

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.spreadsheet_damage import Damage, damage_in, is_left_by_a_program

LONGEST_CODE = 128
LONGEST_ASSET_ID = 40
LONGEST_ACCOUNT_CODE = 40
LOST = "\ufffd"
_MASKED = re.compile(r"[…•*]|x{4,}", re.I)
_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_]+[A-Za-z0-9]+)*")
_LEAST_MIXED, _LEAST_DIGITS, _LEAST_LETTERS, _LEAST_DIFFERENT = 6, 10, 16, 4
"""Letters and digits of a code that has both, only digits, only capital letters; and how many of them differ."""
_ADDRESS = re.compile(r"(mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+|[a-z][a-z0-9+.-]*://.*|www\..*", re.I)
_MOST_WORDS = 3

_SENTENCES = {
    Damage.ERROR: lazy("A formula failed in the spreadsheet. Write the value that it should show."),
    Damage.ROUNDED: lazy("A spreadsheet turned it into a number and lost digits. Copy it from the source, as text."),
    Damage.BOOLEAN: lazy("That is “true” or “false”, as a spreadsheet writes it."),
    Damage.DATE: lazy("That is a date or a time."),
    Damage.NOTHING: lazy("That is a placeholder."),
}


class Implausible(InvalidInput):
    """`value` could be kept, but cannot be what is meant."""

    def __init__(self, field: str, message: str, value: str):
        super().__init__(field, message)
        self.value = value


def coupon_code(text: str, field: str = "code") -> str:
    code = (text or "").strip()
    if not code:
        raise InvalidInput(field, _("Enter the coupon code."))
    if _MASKED.search(code):
        raise InvalidInput(field, _("The code is masked. Write the whole code."))
    if len(code.split()) > 1 and damage_in(code) is None:
        raise InvalidInput(field, _("A code has no spaces inside, and there is one for each asset."))
    if len(code) > LONGEST_CODE:
        raise InvalidInput(field, _("That is no coupon code. It has at most %(most)s characters.", most=LONGEST_CODE))
    if (why := _why_no_code(code)) is not None:
        raise Implausible(field, " ".join((_("That is no coupon code."), why)).strip(), code)
    return code


def asset_id(text: str, field: str) -> str:
    """The number that a record has in another system. It may have spaces, but is no sentence."""
    value = _identifier(text, field, LONGEST_ASSET_ID)
    words = value.split()
    if len(words) > _MOST_WORDS or (len(words) > 1 and not any(mark.isdigit() for mark in value)):
        raise Implausible(field, _("That is a sentence. Write the number that the record has there."), value)
    return value


def account_code(text: str, field: str = "code") -> str:
    value = kept_text(text, field, LONGEST_ACCOUNT_CODE)
    if not value.isprintable() or any(mark.isspace() for mark in value):
        raise InvalidInput(field, _("A code has no spaces: use letters, digits and signs such as - or /."))
    return _identifier(value, field, LONGEST_ACCOUNT_CODE)


def name(text: str, field: str, most: int) -> str:
    value = kept_text(text, field, most)
    if all(unicodedata.category(mark) in ("Cf", "Zs") for mark in value):
        raise InvalidInput(field, _("Enter a name."))
    if is_left_by_a_program(value):
        raise Implausible(field, _("A program wrote that where it had no name. Write the name."), value)
    return value


def number(text: str, field: str, most: int) -> str:
    """A number of an authority, such as for taxes. May be empty."""
    value = kept_text(text, field, most)
    if is_left_by_a_program(value):
        raise Implausible(field, _("A spreadsheet or a program has damaged it. Copy it from the source."), value)
    return value


def kept_text(text: str, field: str, most: int) -> str:
    """One line of text, composed and trimmed."""
    value = unicodedata.normalize("NFC", text or "").strip()
    if len(value) > most:
        raise InvalidInput(field, _("Use at most %(most)s characters.", most=most))
    if not value.isprintable() and any(unicodedata.category(mark) in ("Cc", "Cs") for mark in value):
        raise InvalidInput(field, _("Leave out control characters: only text can be kept."))
    if LOST in value:
        raise InvalidInput(field, _("Some characters got lost on the way (%(lost)s). Type them again.", lost=LOST))
    return value


def long_text(text: str, field: str, most: int) -> str:
    """Several lines of text, composed and trimmed. May be empty."""
    lines = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    value = "\n".join(kept_text(line, field, most) for line in lines)
    if len(value) > most:
        raise InvalidInput(field, _("Use at most %(most)s characters.", most=most))
    return value


def _identifier(text: str, field: str, most: int) -> str:
    value = kept_text(text, field, most)
    if (damage := damage_in(value)) is not None:
        raise Implausible(field, str(_SENTENCES[damage]), value)
    if _ADDRESS.fullmatch(value):
        raise Implausible(field, _("That is an address, not a code."), value)
    return value


def _why_no_code(code: str) -> str | None:
    """None for what can be a code."""
    if (damage := damage_in(code)) is not None:
        return "" if damage is Damage.NOTHING else str(_SENTENCES[damage])
    if _ADDRESS.fullmatch(code):
        return _("That is an address.")
    if not _CODE.fullmatch(code):
        if not code.isascii():
            return _("It holds an invisible character, or a letter or dash of another alphabet.")
        return _("A code has letters, digits and dashes only.")
    return None if _has_substance(code) else _("It is a word or a number, or too short.")


def _has_substance(code: str) -> bool:
    """Whether it is more than a word or a small number."""
    marks = code.replace("-", "").replace("_", "")
    if len(set(marks.casefold())) < _LEAST_DIFFERENT:
        return False
    if marks.isdigit():
        return len(marks) >= _LEAST_DIGITS
    if marks.isalpha():
        return marks.isupper() and len(marks) >= _LEAST_LETTERS
    return len(marks) >= _LEAST_MIXED
