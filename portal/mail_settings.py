"""Which mail server takes the portal's mails, and what stands in them."""

import ssl
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from portal.environment import Reader, is_loopback, refuse

PORTS = {"smtp": 587, "smtps": 465}
_FORM = "SMTP_URL must look like smtp://user:password@mail.example:587 or smtps://mail.example."


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    is_tls: bool
    """TLS from the first byte."""
    needs_starttls: bool
    """Or nothing is sent."""
    ca_file: str | None
    """Certificates that are trusted besides those of the system."""
    sender: str
    """The address of MAIL_FROM."""
    sender_name: str
    timeout: float
    """Seconds for one mail as a whole."""


@dataclass(frozen=True)
class MailSettings:
    server: MailServer | None
    """None: mails are written and stand in the outbox."""
    portal_url: str
    """Where links in mails lead, without a slash at the end."""
    sends_codes: bool
    """A welcome holds the code itself; otherwise a link to it."""

    @classmethod
    def of(cls, read: Reader, port: int) -> Self:
        url = read.secret("SMTP_URL")
        address = read.text("PORTAL_URL", None)
        if url is not None and address is None:
            refuse("PORTAL_URL is missing: mails need the address under which people open the portal.")
        return cls(
            server=None if url is None else _server(read, _split(url)),
            portal_url=_portal_url(address or f"http://localhost:{port}"),
            sends_codes=read.choice("MAIL_CODES", ("code", "link"), "code") == "code",
        )


def _server(read: Reader, url: SplitResult) -> MailServer:
    starttls = parse_qs(url.query).get("starttls", ["no" if is_loopback(url.hostname) else "yes"])[-1]
    if starttls not in ("yes", "no"):
        refuse("SMTP_URL: starttls must be yes or no.")
    is_tls = url.scheme == "smtps"
    if url.username and not is_tls and starttls == "no" and not is_loopback(url.hostname):
        refuse("SMTP_URL would send the password unencrypted: use smtps://, or leave out starttls=no.")
    name, sender = _sender(read.required("MAIL_FROM"))
    return MailServer(
        host=url.hostname,
        port=url.port or PORTS[url.scheme],
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        is_tls=is_tls,
        needs_starttls=starttls == "yes" and not is_tls,
        ca_file=_ca_file(read.text("SMTP_CA_FILE", None)),
        sender=sender,
        sender_name=name,
        timeout=read.number("SMTP_TIMEOUT", 30.0, low=1, high=300),
    )


def _ca_file(path: str | None) -> str | None:
    if path is not None:
        try:
            ssl.create_default_context(cafile=path)
        except (OSError, ValueError):
            refuse(f"SMTP_CA_FILE: {path} cannot be read, or holds no certificate.")
    return path


def _split(text: str) -> SplitResult:
    """The refusal holds nothing of the URL, which may hold a password."""
    try:
        url = urlsplit(text)
        is_right = url.scheme in PORTS and url.hostname and url.path in ("", "/") and url.port != 0
    except ValueError:
        is_right = False
    if not is_right or bool(url.username) != bool(url.password):
        refuse(_FORM)
    return url


def _sender(text: str) -> tuple[str, str]:
    name, address = parseaddr(text)
    local, _at, domain = address.partition("@")
    if not (local and "." in domain.strip(".") and address.isascii() and text.isprintable()):
        refuse("MAIL_FROM must be an address such as licences@example.com, or Name <licences@example.com>.")
    return name, address


def _portal_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        refuse("PORTAL_URL must be an address that starts with https:// or http://.")
    return text.rstrip("/")
