"""The mail as the server gets it: headers, a text part and an HTML part."""

import secrets
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from portal.core import languages
from portal.core.i18n import in_language, lazy
from portal.extensions import settings
from portal.mail_settings import MailServer
from portal.models import CODE_MARK, Message, email_address
from portal.services.mail import html_part
from portal.services.mail.stops import tokens

STOP = lazy("Get no more mails of this kind")
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


def new_message_id(server: MailServer) -> str:
    return f"<{secrets.token_hex(16)}@{server.sender.rpartition('@')[2]}>"


def wire_address(address: str) -> str:
    """With its domain in ASCII, as every mail server understands it."""
    return next((each for each in reversed(email_address.spellings(address)) if each.isascii()), address)


def compose(message: Message, server: MailServer, secret: str, now: datetime) -> bytes:
    """Raises ValueError rather than letting a line end into a header."""
    letter = EmailMessage(policy=_SEVEN_BIT.clone(utf8=not wire_address(message.recipient).isascii()))
    local, _at, domain = wire_address(message.recipient).rpartition("@")
    letter["From"] = Address(server.sender_name, addr_spec=server.sender)
    letter["To"] = Address(message.recipient_name, local, domain)
    letter["Subject"] = message.subject
    letter["Date"] = now
    letter["Message-ID"] = message.message_id
    letter["Auto-Submitted"] = "auto-generated"
    stop = tokens.link(message)
    letter.set_content(message.text.replace(CODE_MARK, secret) + _stop_words(message, stop))
    letter.add_alternative(html_of(message, secret, stop), subtype="html")
    return _stop_headers(stop) + letter.as_bytes()


def html_of(message: Message, secret: str, stop: str | None = None) -> str:
    """`secret`: itself, or its mask. `stop`: the address of the page that stops such mails."""
    with in_language(languages.best(message.language)):
        foot = (str(STOP), stop) if stop else None
    return html_part.make(
        message.subject, message.text, secret=secret, language=message.language, foot=foot,
        portal_url=settings().mail.portal_url,
    )  # fmt: skip


def _stop_words(message: Message, stop: str | None) -> str:
    with in_language(languages.best(message.language)):
        return f"\n\n--\n{STOP}: {stop}\n" if stop else ""


def _stop_headers(stop: str | None) -> bytes:
    """RFC 8058, for https alone. Written here: EmailMessage would encode an address that is longer than a line."""
    if stop is None or not stop.startswith("https:"):
        return b""
    return f"List-Unsubscribe: <{stop}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")
