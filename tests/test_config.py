"""Settings that make no sense refuse to start, in a sentence that names the variable."""

from datetime import time
from pathlib import Path

import pytest

from portal import config

ENV = {
    "SECRET_KEY": "a key for tests that no one guards", "TRUSTED_HOSTS": "portal.example",
    "BITTITAN_EMAIL": "a@b.example", "BITTITAN_PASSWORD": "x",
}  # fmt: skip


@pytest.mark.parametrize("host", ["bittitan.example", "10.0.0.7", "127.0.0.1.example", "localhost.example", "[::2]"])
def test_a_password_does_not_cross_the_network_in_clear(host):
    with pytest.raises(config.ConfigError) as refusal:
        config.load(ENV | {"BITTITAN_URL": f"http://{host}:8080"})
    assert str(refusal.value).startswith("BITTITAN_URL must start with https://")
    assert config.load(ENV | {"BITTITAN_URL": f"https://{host}:8080"}).bittitan.url == f"https://{host}:8080"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_on_this_machine_it_may(host):
    assert config.load(ENV | {"BITTITAN_URL": f"http://{host}:8080/"}).bittitan.is_on_this_machine


@pytest.mark.parametrize("token", ["short", "with a space in the middle of it", "ünïcödé-ünïcödé-ünïcödé"])
def test_a_metrics_token_is_worth_its_name(token):
    with pytest.raises(config.ConfigError, match="METRICS_TOKEN"):
        config.load(ENV | {"METRICS_TOKEN": token})


@pytest.mark.parametrize("hosts", ["https://portal.example", "portal.example/bss", "a b", "*", ",", "[::1", "a..b"])
def test_trusted_hosts_are_hosts(hosts):
    with pytest.raises(config.ConfigError, match="TRUSTED_HOSTS"):
        config.load(ENV | {"TRUSTED_HOSTS": hosts})


def test_without_trusted_hosts_the_portal_serves_this_machine_only():
    alone = {"SECRET_KEY": ENV["SECRET_KEY"]}
    assert config.load(alone).trusted_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert "10.0.0.7" in config.load(alone | {"WEB_HOST": "10.0.0.7"}).trusted_hosts
    with pytest.raises(config.ConfigError, match="TRUSTED_HOSTS is missing"):
        config.load(ENV | {"BITTITAN_URL": "https://bittitan.example", "TRUSTED_HOSTS": ""})


def test_a_metrics_token_may_stand_in_a_file(tmp_path: Path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    loaded = config.load(ENV | {"METRICS_TOKEN_FILE": str(tmp_path / "token")})
    assert loaded.metrics_token == "a-token-of-some-length"
    assert config.load(ENV).metrics_token is None


def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    missing = config.load(ENV | {"DATA_DIR": str(tmp_path / "missing")})
    with pytest.raises(config.ConfigError, match=f"{missing.data_dir} is not a folder .* set DATA_DIR"):
        config.check_folder(missing)
    config.check_folder(config.load(ENV | {"DATA_DIR": str(tmp_path)}))
    config.check_folder(config.load(ENV | {"DATA_DIR": "missing", "DATABASE_URL": "postgresql://db.example/portal"}))


@pytest.mark.parametrize("at", ["24:00", "2:00", "02:60", "night", "02:00:00", "no"])
def test_the_night_has_a_time_or_is_off(at):
    with pytest.raises(config.ConfigError, match="RECONCILE_NIGHTLY"):
        config.load(ENV | {"RECONCILE_NIGHTLY": at})


def test_the_schedule_of_comparisons():
    usual = config.load(ENV).reconciliation
    assert (usual.nightly_at, usual.is_hourly, usual.full_days) == (time(2), True, 1)
    given = {"RECONCILE_NIGHTLY": "off", "RECONCILE_HOURLY": "off", "RECONCILE_FULL_DAYS": "7"}
    chosen = config.load(ENV | given).reconciliation
    assert (chosen.nightly_at, chosen.is_hourly, chosen.full_days) == (None, False, 7)


MAIL = ENV | {"MAIL_FROM": "Meridian <licences@meridian.example>", "PORTAL_URL": "https://portal.example/"}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"SMTP_URL": "mail.example"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "http://mail.example"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "smtp://secret-user@mail.example"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "smtp://u:p@mail.example?starttls=no"}, "SMTP_URL would send the password unencrypted"),
        ({"SMTP_URL": "smtp://mail.example?starttls=maybe"}, "starttls must be yes or no"),
        ({"SMTP_URL": "smtp://mail.example", "SMTP_CA_FILE": "/no/such"}, "SMTP_CA_FILE: /no/such cannot be read"),
        ({"SMTP_URL": "smtp://mail.example", "MAIL_FROM": ""}, "MAIL_FROM is missing"),
        ({"SMTP_URL": "smtp://mail.example", "MAIL_FROM": "somebody"}, "MAIL_FROM must be an address"),
        ({"SMTP_URL": "smtp://mail.example", "PORTAL_URL": ""}, "PORTAL_URL is missing"),
    ],
)
def test_a_mail_server_that_makes_no_sense_is_refused(changed, refusal):
    with pytest.raises(config.ConfigError, match=refusal) as raised:
        config.load(MAIL | changed)
    assert "secret-user" not in str(raised.value)


def test_a_password_for_a_mail_server_is_sent_encrypted_only():
    server = config.load(MAIL | {"SMTP_URL": "smtp://u:p%40ss@mail.example"}).mail.server
    assert (server.port, server.password, server.needs_starttls) == (587, "p@ss", True)
    assert config.load(MAIL | {"SMTP_URL": "smtps://mail.example"}).mail.server.is_tls
    assert not config.load(MAIL | {"SMTP_URL": "smtp://127.0.0.1:1025"}).mail.server.needs_starttls
    assert "p@ss" in config.load(MAIL | {"SMTP_URL": "smtp://u:p%40ss@mail.example"}).secrets
    assert config.load(ENV).mail.server is None
