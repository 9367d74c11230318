"""Removes secrets from every log line, whoever writes it: the server's access and error log (also for malformed
requests), tracebacks, and the database's messages about a row.

It works where Python makes a log record, so no handler, formatter or kind of server can bypass it. It is the second
line of defence: a secret should not be in a path or a message in the first place.
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
"""Characters. A shorter secret, such as the sandbox's password, is an ordinary word that any line may contain."""
_LONGEST_WORD = 8_192
_ENCODED_TIMES = 3

_END = r"[^\s'\"<>]"
_LINK = re.compile(rf"((?:/|\\|\A)(?:links?|handover|calendar)(?:/|\\)+){_END}+", re.IGNORECASE)
"""A one-time link, a hand-over link or a calendar’s, also with more path after it, in capitals, or with backslashes."""
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{40,}(?:\.[\w.-]+)?")
"""A token of a session, link, draft or form: 32 random bytes or more."""
_SIGNED = re.compile(r"(?<![\w.-])[\w-]{16,}\.[\w-]{6}\.[\w-]{27,}")
"""A Flask cookie: content, time, signature."""
_WORD_WITH_PERCENT = re.compile(rf"(?<!{_END}){_END}*%[0-9A-Fa-f]{{2}}{_END}*")
# Adjacent repetitions are bounded, because an attacker chooses the text that is searched.
_RULES = (
    (re.compile(r"(://[^\s:/@'\"]{0,100}:)[^\s'\"]{0,300}@"), rf"\1{HIDDEN}@"),  # user:password@host
    (re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-csrf-token)\b(['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+",
                re.I), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(Ticket|Bearer|Basic) (?=\S*\d)[\w+/=.~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(['\"])(\w{0,20}(?:password|passwd|secret|ticket|token|coupon_?codes?|codes?)\w{0,20})\1(\s*:\s*)"
                r"(?:'[^']*'|\"[^\"]*\"|\[[^\]]*\])", re.I), rf"\1\2\1\3{HIDDEN}"),
    (re.compile(r"([?&;](?:\w{0,20}(?:password|token|secret|code)\w{0,20}|draft|q|current|new|repeat)=)[^&;\s'\"]+",
                re.I), rf"\1{HIDDEN}"),
    # PostgreSQL quotes values of a row; SQLite does not.
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
    """Call it once for each app, before anything is logged. `secrets` are hidden wherever they occur."""
    hide(secrets)
    logging.setLogRecordFactory(_Record)
    if sys.excepthook is sys.__excepthook__:  # for commands
        sys.excepthook = _print_masked
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda args: _print_masked(args.exc_type, args.exc_value, args.exc_traceback)


def hide(secrets: Iterable[str | None]) -> None:
    """From now on these are hidden, too. Replaces the set, because other threads may be reading it."""
    global _known
    _known = _known | {secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET}


def masked(text: str) -> str:
    for secret in _known:
        text = text.replace(secret, HIDDEN)
    if "%" in text:
        text = _WORD_WITH_PERCENT.sub(_decoded, text)
    text = _LINK.sub(rf"\1{HIDDEN}", text)
    text = _SIGNED.sub(HIDDEN, _TOKEN.sub(HIDDEN, text))
    for pattern, replacement in _RULES:
        if pattern.search(text):  # preparing the replacement takes longer than searching
            text = pattern.sub(replacement, text)
    return text


def _decoded(match: re.Match) -> str:
    """Hides a percent-encoded word if it contains a secret; returns any other unchanged."""
    word = plain = match.group()
    if len(word) > _LONGEST_WORD:
        return HIDDEN
    for _time in range(_ENCODED_TIMES):
        plain = unquote(plain)
    is_secret = _LINK.search(plain) or _TOKEN.search(plain) or any(secret in plain for secret in _known)
    return HIDDEN if is_secret else word


def _print_masked(kind: type[BaseException], error: BaseException | None, trace) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


class _Record(log_lines.Record):
    """Masks the formatted message and its traceback, and keeps each event on one line."""

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
