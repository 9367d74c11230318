"""What no log may hold, taken out of every line on its way there, whoever writes it: the server's access and error log
(malformed requests too), tracebacks, the database's words about a row.

It stands where Python makes a record of a line, so no handler, formatter or kind of server can go around it. It is the
second fence: a secret has no business in a path or a message in the first place.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from urllib.parse import unquote

from portal import log_lines

HIDDEN = "[hidden]"
SHORTEST_SECRET = 8
"""What is shorter, such as the sandbox's password, is a word that any line may hold."""
_LONGEST_WORD = 8_192
_ENCODED_TIMES = 3

_END = r"[^\s'\"<>]"
_LINK = re.compile(rf"((?:/|\\|\A)links?(?:/|\\)+){_END}+", re.IGNORECASE)
"""A one-time link, also with more behind it, and where somebody wrote it in capitals or with another slash."""
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{40,}(?:\.[\w.-]+)?")
"""Of a session, a link, a draft, a form: 32 random bytes or more."""
_SIGNED = re.compile(r"(?<![\w.-])[\w-]{16,}\.[\w-]{6}\.[\w-]{27,}")
"""A cookie of Flask's: content, time, signature."""
_WORD_WITH_PERCENT = re.compile(rf"(?<!{_END}){_END}*%[0-9A-Fa-f]{{2}}{_END}*")
# Repetitions are bounded where they could meet one another: whoever sends a line chooses what is looked through.
_RULES = (
    (re.compile(r"(://[^\s:/@'\"]{0,100}:)[^\s'\"]{0,300}@"), rf"\1{HIDDEN}@"),  # user:password@host
    (re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-csrf-token)\b(['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+",
                re.I), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(Ticket|Bearer|Basic) (?=\S*\d)[\w+/=.~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(['\"])(\w{0,20}(?:password|passwd|secret|ticket|token|coupon_?codes?|codes?)\w{0,20})\1(\s*:\s*)"
                r"(?:'[^']*'|\"[^\"]*\"|\[[^\]]*\])", re.I), rf"\1\2\1\3{HIDDEN}"),
    (re.compile(r"([?&;](?:\w{0,20}(?:password|token|secret|code)\w{0,20}|draft|q|current|new|repeat)=)[^&;\s'\"]+",
                re.I), rf"\1{HIDDEN}"),
    # PostgreSQL quotes what stands in a row; SQLite does not.
    (re.compile(r"(Key \([^)\n]*\)=\().*?(\) (?:already exists|is not present|is still referenced|conflicts))", re.S),
     rf"\1{HIDDEN}\2"),
    (re.compile(r"(Failing row contains \().*?(\)\.?(?=\n|\Z))", re.S), rf"\1{HIDDEN}\2"),
    (re.compile(r"(invalid (?:input syntax|byte sequence|value)[^:\n]*: ).*"), rf"\1{HIDDEN}"),
    (re.compile(r"(COPY \w+, line \d+(?:, column \w+)?: ).*"), rf"\1{HIDDEN}"),
    (re.compile(r"(parameter \$\d+ = ').*?('(?=\s|\Z))", re.S), rf"\1{HIDDEN}\2"),
    (re.compile(r"(\[parameters: ).*?(\](?=\n|\Z))", re.S), rf"\1{HIDDEN}\2"),
)  # fmt: skip

_known: set[str] = set()


def install(secrets: Iterable[str | None]) -> None:
    """Once for each app, before it writes a line. `secrets` are hidden wherever they stand."""
    _known.update(secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET)
    logging.setLogRecordFactory(_Record)
    if sys.excepthook is sys.__excepthook__:  # of a command
        sys.excepthook = _tell
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda ended: _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)


def masked(text: str) -> str:
    for secret in _known:
        text = text.replace(secret, HIDDEN)
    if "%" in text:
        text = _WORD_WITH_PERCENT.sub(_decoded, text)
    text = _LINK.sub(rf"\1{HIDDEN}", text)
    text = _SIGNED.sub(HIDDEN, _TOKEN.sub(HIDDEN, text))
    for pattern, instead in _RULES:
        if pattern.search(text):  # to get the replacement ready takes longer than to look
            text = pattern.sub(instead, text)
    return text


def _decoded(found: re.Match) -> str:
    """A word whose secret is hidden in percent signs is shown without it, any other as it came."""
    word = plain = found.group()
    if len(word) > _LONGEST_WORD:
        return HIDDEN
    for _time in range(_ENCODED_TIMES):
        plain = unquote(plain)
    is_secret = _LINK.search(plain) or _TOKEN.search(plain) or any(secret in plain for secret in _known)
    return HIDDEN if is_secret else word


def _tell(kind: type[BaseException], error: BaseException | None, trace) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


class _Record(log_lines.Record):
    """A line that has been made text is masked, and so is the traceback that hangs on it; one event stays one line."""

    def getMessage(self) -> str:
        return log_lines.escaped(masked(logging.LogRecord.getMessage(self)))

    @property
    def exc_text(self) -> str | None:
        return self.__dict__.get("exc_text")

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self.__dict__["exc_text"] = text and masked(text)

    @property
    def stack_info(self) -> str | None:
        return self.__dict__.get("stack_info")

    @stack_info.setter
    def stack_info(self, text: str | None) -> None:
        self.__dict__["stack_info"] = text and masked(text)
