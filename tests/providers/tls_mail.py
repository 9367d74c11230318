"""A mail server that offers STARTTLS or not, with a certificate of its own; and what goes over the wire to it."""

import datetime
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.mail_server import MailServer


@dataclass
class Wire:
    server: MailServer
    port: int = 0
    sent: bytearray = field(default_factory=bytearray)
    """All that the portal sent, as it went over the wire."""
    passwords: list[bytes] = field(default_factory=list)
    """That the server got, whichever way."""


@contextmanager
def tls_mail_server(certificate: Path | None) -> Iterator[Wire]:
    """Without a certificate it offers no STARTTLS, but takes passwords all the same."""
    wire = Wire(MailServer())

    def authenticate(_server, _session, _envelope, _mechanism, data):
        wire.passwords.append(data.password)
        return AuthResult(success=True)

    class OnAnyPort(Controller):
        def _trigger_server(self):
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = OnAnyPort(
        wire.server, hostname="127.0.0.1", port=0, tls_context=context, authenticator=authenticate,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        with _recorded(wire, controller.port):
            yield wire
    finally:
        controller.stop()


@contextmanager
def _recorded(wire: Wire, port: int) -> Iterator[None]:
    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as onward:
                back = threading.Thread(target=_pump, args=(onward, self.request, bytearray()))
                back.start()
                _pump(self.request, onward, wire.sent)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as relay:
        wire.port = relay.server_address[1]
        thread = threading.Thread(target=relay.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            relay.shutdown()
            thread.join()


def _pump(source: socket.socket, target: socket.socket, record: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            record += data
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def certificate_for(name: str, folder: Path) -> Path:
    """Signed by itself, so it is its own authority. With its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(secret + built.public_bytes(pem))
    return path
