"""Hands one mail for one recipient to the server, and says what became of it. Raises nothing of its own."""

import enum
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from portal.mail_settings import MailServer
from portal.providers.smtp.outcomes import Later, Outcome, Refused, Sent, Unknown, Withdrawn

READY, TAKEN, TOO_LARGE = 354, 250, 552
CONNECT_TIMEOUT = 10
LONGEST_REPLY = 300
_DOTS = re.compile(rb"^\.", re.MULTILINE)
_END = b".\r\n"


class _Stage(enum.Enum):
    GREETING = "greeting"
    ENVELOPE = "envelope"
    TEXT = "text"
    """From its first byte on the server may have the mail."""


def send(server: MailServer, recipient: str, content: bytes, begin: Callable[[], bool]) -> Outcome:
    """`content`: the whole mail with CRLF line ends. `begin` is called once the server has accepted the recipient, and
    before a byte of the text is sent; if it returns False, none is."""
    talk = _Talk(server)
    timer = threading.Timer(server.timeout, talk.cut)  # timeouts of sockets are for each read
    timer.daemon = True
    timer.start()
    try:
        return talk.hand_over(recipient, content, begin)
    except (OSError, smtplib.SMTPException) as error:
        return talk.broken(error)
    finally:
        timer.cancel()
        talk.end()


class _Talk:
    def __init__(self, server: MailServer):
        self._server = server
        self._stage = _Stage.GREETING
        timeout, context = min(CONNECT_TIMEOUT, server.timeout), _trusting(server.ca_file)
        # Without a host it does not connect yet, so that the timer can reach its socket from the first byte on.
        self._smtp = smtplib.SMTP_SSL(timeout=timeout, context=context) if server.is_tls else smtplib.SMTP(
            timeout=timeout
        )  # fmt: skip
        self._smtp._host = server.host  # the name that a certificate has to be for
        self._context = context

    def hand_over(self, recipient: str, content: bytes, begin: Callable[[], bool]) -> Outcome:
        self._greet()
        self._stage = _Stage.ENVELOPE
        if refusal := self._envelope(recipient, len(content)):
            return refusal
        if not begin():
            return Withdrawn()
        code, reply = self._smtp.docmd("DATA")
        if code != READY:
            return _said_no(code, reply)
        self._stage = _Stage.TEXT
        self._smtp.send(_DOTS.sub(b"..", content) + _END)
        code, reply = self._smtp.getreply()
        if code == TAKEN:
            return Sent(_words(code, reply))
        return _said_no(code, reply) if 400 <= code < 600 else Unknown(_words(code, reply))

    def _greet(self) -> None:
        code, reply = self._smtp.connect(self._server.host, self._server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        self._smtp.sock.settimeout(self._server.timeout)
        self._smtp.ehlo_or_helo_if_needed()
        if self._server.needs_starttls:
            self._smtp.starttls(context=self._context)
            self._smtp.ehlo_or_helo_if_needed()
        if self._server.user:
            self._smtp.login(self._server.user, self._server.password)

    def _envelope(self, recipient: str, size: int) -> Outcome | None:
        options = [f"SIZE={size}"] if self._smtp.has_extn("size") else []
        if not recipient.isascii():
            if not self._smtp.has_extn("smtputf8"):
                return Refused("The mail server takes no addresses with letters beyond ASCII.")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
            self._smtp.command_encoding = "utf-8"
        code, reply = self._smtp.mail(self._server.sender, options)
        if code != TAKEN:  # about the sender, so it would be the same for every mail
            return Refused(_words(code, reply)) if code == TOO_LARGE else Later(_words(code, reply), is_servers=True)
        code, reply = self._smtp.rcpt(recipient)
        return None if code in (250, 251) else _said_no(code, reply)

    def broken(self, error: Exception) -> Outcome:
        if self._stage is _Stage.TEXT:
            return Unknown(_what_broke(error))
        return Later(_what_broke(error), is_servers=self._stage is _Stage.GREETING)

    def cut(self) -> None:
        """From another thread: wakes the one that waits for an answer."""
        with suppress(OSError, AttributeError):  # no socket yet, or none any more
            self._smtp.sock.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.putcmd("QUIT")  # nobody waits for the answer
        self._smtp.close()


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _said_no(code: int, reply: bytes) -> Outcome:
    return Refused(_words(code, reply)) if 500 <= code < 600 else Later(_words(code, reply))


def _words(code: int, reply: bytes) -> str:
    return _plain(f"{code} {reply.decode('utf-8', 'replace')}")


def _what_broke(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _words(error.smtp_code, text if isinstance(text, bytes) else str(text).encode())
    return _plain(str(error)) or type(error).__name__


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_REPLY]
