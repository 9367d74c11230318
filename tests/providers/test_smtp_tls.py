"""STARTTLS, as the bytes go over the wire: neither a password nor a mail in clear."""

import base64

import pytest

from portal import config
from portal.providers.smtp import sending
from portal.providers.smtp.outcomes import Later, Sent
from tests.providers.tls_mail import certificate_for, tls_mail_server
from tests.test_config import MAIL

pytestmark = pytest.mark.sqlite
CONTENT = b"Subject: Your licences\r\n\r\nSBX-SECR-ET12-3456\r\n"
IN_CLEAR = (b"AUTH", b"p@ss", base64.b64encode(b"\0carl\0p@ss"), b"MAIL", b"RCPT", b"SBX-SECR")


def handed_over(wire, **env: str):
    """The outcome, and whether the text was about to go out."""
    began = []
    given = {"SMTP_URL": f"smtp://carl:p%40ss@localhost:{wire.port}?starttls=yes", "SMTP_TIMEOUT": "5"}
    server = config.load(MAIL | given | env).mail.server
    outcome = sending.send(server, "carl@brightwood.example", CONTENT, lambda: began.append(True) or True)
    return outcome, began


def test_what_is_sent_to_a_trusted_server_is_encrypted(tmp_path):
    own = certificate_for("localhost", tmp_path)
    with tls_mail_server(own) as wire:
        outcome, _began = handed_over(wire, SMTP_CA_FILE=str(own))

        assert outcome == Sent("250 taken")
        assert wire.passwords == [b"p@ss"]
        assert len(wire.server.kept) == 1
    assert b"STARTTLS" in wire.sent
    assert not [secret for secret in IN_CLEAR if secret in wire.sent]


@pytest.mark.parametrize(
    ("name", "trusts", "reason"),
    [
        ("localhost", None, "certificate verify failed"),
        ("localhost", "other.example", "certificate verify failed"),
        ("other.example", "other.example", "certificate is not valid for 'localhost'"),
        (None, None, "STARTTLS extension not supported by server"),
    ],
)
def test_nothing_is_sent_to_a_server_that_cannot_be_trusted(tmp_path, name, trusts, reason):
    certificate = certificate_for(name, tmp_path) if name else None
    authority = tmp_path / f"{trusts}.pem"
    if trusts and not authority.exists():
        certificate_for(trusts, tmp_path)
    with tls_mail_server(certificate) as wire:
        outcome, began = handed_over(wire, **({"SMTP_CA_FILE": str(authority)} if trusts else {}))

        assert isinstance(outcome, Later)
        assert outcome.is_servers
        assert reason in outcome.reply
        assert (began, wire.passwords, wire.server.taken) == ([], [], [])
    assert not [secret for secret in IN_CLEAR if secret in wire.sent]
