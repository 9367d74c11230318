"""The mail as the server gets it: headers, a text part and an HTML part."""

import secrets
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from portal.extensions import settings
from portal.mail_settings import MailServer
from portal.models import CODE_MARK, Message, email_address
from portal.services.mail import html_part

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
    letter.set_content(message.text.replace(CODE_MARK, secret))
    letter.add_alternative(html_of(message, secret), subtype="html")
    return letter.as_bytes()


def html_of(message: Message, secret: str) -> str:
    """`secret`: itself, or its mask."""
    return html_part.make(
        message.subject, message.text, secret=secret, language=message.language, portal_url=settings().mail.portal_url
    )
