"""What is wrong with a text, in words."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.services.mail import fields
from portal.services.mail.fields import LONGEST_SUBJECT
from portal.services.mail.texts.built_in import Texts
from portal.services.mail.texts.checking import MOST_BYTES, MOST_FIELDS, SUBJECT, Fault, FaultKind

AROUND = 60
"""Characters of a line that are shown on each side of a fault."""
_FIELD = re.compile(r"\{\{ [a-z_]+ \}\}")
_SENTENCES = {
    FaultKind.EMPTY: lazy("Enter a subject and a text: a mail needs both."),
    FaultKind.LINES: lazy("A subject is one line: take the line end out."),
    FaultKind.MANY: lazy("Use at most %(most)s fields.", most=MOST_FIELDS),
    FaultKind.BRACE: lazy(
        "Braces stand only around the name of one field, such as {{ %(known)s }}: no conditions, loops or filters, and "
        "no braces of their own."
    ),
    FaultKind.SECRET: lazy("{{ %(what)s }} cannot stand in a subject, which everybody can read: leave it to the text."),
    FaultKind.TOUCHED: lazy("{{ %(what)s }} stands alone: put a space or a line end before and after it."),
    FaultKind.MISSING: lazy("{{ %(what)s }} must stand in the text: without it the mail is of no use."),
    FaultKind.TWICE: lazy("{{ %(what)s }} stands in the text already: once is enough."),
}


@dataclass(frozen=True)
class Excerpt:
    """The line of a fault, cut."""

    before: str
    wrong: str
    after: str


def in_a_line(fault: Fault, known: Sequence[str]) -> Markup:
    """With its place."""
    where, said = place(fault), _sentence(fault, known)
    whole = f"{where[0].upper()}{where[1:]}: {said}" if where else said
    return Markup(_FIELD.sub(r"<code>\g<0></code>", str(escape(whole))))


def place(fault: Fault) -> str:
    """Such as “line 5, column 14”."""
    if fault.line is None:
        return ""
    if fault.part == SUBJECT:
        return _("subject, column %(column)s", column=fault.column)
    return _("line %(line)s, column %(column)s", line=fault.line, column=fault.column)


def excerpt(fault: Fault, texts: Texts) -> Excerpt | None:
    if fault.line is None:
        return None
    whole = texts.subject if fault.part == SUBJECT else texts.text
    line, at = whole.split("\n")[fault.line - 1], fault.column - 1
    end = _end(fault, line, at)
    parts = line[max(at - AROUND, 0) : at], line[at:end], line[end : end + AROUND]
    return Excerpt(*("".join(sign if fields.is_plain(sign) else "\ufffd" for sign in part) for part in parts))


def _end(fault: Fault, line: str, at: int) -> int:
    """Of what is wrong: a field up to its braces."""
    closing = line.find("}}", at)
    is_field = line.startswith("{{", at) and fault.kind is not FaultKind.BRACE and closing > 0
    return closing + 2 if is_field else at + max(len(fault.what), 1)


def _sentence(fault: Fault, known: Sequence[str]) -> str:
    if fault.kind is FaultKind.LONG:
        return _too_long(fault)
    if fault.kind is FaultKind.SIGN:
        return _sign(fault.what)
    if fault.kind is FaultKind.UNKNOWN:
        return _unknown(fault, known)
    return str(_SENTENCES[fault.kind]) % {"what": fault.what, "known": known[0]}


def _too_long(fault: Fault) -> str:
    if fault.part == SUBJECT:
        return _("A subject has at most %(most)s characters.", most=LONGEST_SUBJECT)
    return _("A text has at most %(most)s KB.", most=MOST_BYTES // 1024)


def _sign(sign: str) -> str:
    name = unicodedata.name(sign, "tab" if sign == "\t" else "control character")
    return _("A character that cannot be seen, or steers the text: U+%(code)s %(name)s. Leave it out.",
             code=f"{ord(sign):04X}", name=name.capitalize())  # fmt: skip


def _unknown(fault: Fault, known: Sequence[str]) -> str:
    if fault.near:
        return _("There is no field “%(what)s”. Did you mean “%(near)s”?", what=fault.what, near=fault.near)
    return _("There is no field “%(what)s” here. There are: %(known)s.", what=fault.what, known=", ".join(known))
