"""A mail server that counts what it gets, and does what a test tells it: refuse, put off, drop, hang."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE = 30
LINGER = 0.5


class MailServer:
    """`answers`: what it says at `MAIL`, `RCPT`, `DATA` (before the text) or `TEXT` (after it), by default yes.
    DROP closes the connection after the text, HANG says nothing until the server ends."""

    DROP, HANG = "drop", "hang"

    def __init__(self):
        self.answers: dict[str, str] = {}
        self.refuses: set[str] = set()
        """Recipients."""
        self.spurns: set[str] = set()
        """Recipients whose texts it refuses for good."""
        self.taken: list[tuple[str, EmailMessage]] = []
        """Each mail whose text came here as a whole, with its recipient, whatever was answered."""
        self.kept: list[tuple[str, EmailMessage]] = []
        """Those of them that it delivers, whether or not its yes was heard."""
        self.refused: set[str] = set()
        """Recipients to whom it refused something for good."""
        self.lingers_at: str | None = None
        """At which of the places it waits for a moment before it answers; `reached` then says so."""
        self.reached = threading.Event()
        self.pause = 0.0
        """Seconds before it says yes to a text."""
        self.got_text = threading.Event()

    def texts_to(self, recipient: str) -> list[EmailMessage]:
        return [mail for to, mail in self.taken if to == recipient]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list):
        await self._linger("MAIL")
        if refusal := self.answers.get("MAIL"):
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list):
        await self._linger("RCPT")
        refusal = "550 5.1.1 no such user" if address in self.refuses else self.answers.get("RCPT")
        if refusal:
            self._note(refusal, address)
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope):
        mail = message_from_bytes(envelope.content, policy=POLICY)
        self.taken += [(recipient, mail) for recipient in envelope.rcpt_tos]
        self.got_text.set()
        answer = self.answers.get("TEXT", "250 taken")
        answer = "554 no" if self.spurns & {*envelope.rcpt_tos} else answer
        self.kept += self.taken[-1:] if answer[0] not in "45" else []
        self._note(answer, *envelope.rcpt_tos)
        await self._linger("TEXT")
        if answer == self.DROP:
            server.transport.abort()
        if answer == self.HANG:
            await asyncio.sleep(PATIENCE)
        await asyncio.sleep(self.pause)
        return answer

    def _note(self, answer: str, *recipients: str) -> None:
        if answer.startswith("5"):
            self.refused.update(recipients)

    async def _linger(self, place: str) -> None:
        if self.lingers_at == place:
            self.reached.set()
            await asyncio.sleep(LINGER)


class _OnAnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, str]]:
    """Yields the server and its address."""
    server = MailServer()
    controller = _OnAnyPort(server, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield server, f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
