"""The only reader of the environment. If a value is wrong or missing, the portal does not start and says why."""

import os
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.credential_keys import Keys, parse_keys, written
from portal.environment import ConfigError, Reader, is_loopback, refuse
from portal.mail_settings import MailSettings
from portal.reconciliation_settings import ReconciliationSettings

SANDBOX_EMAIL, SANDBOX_PASSWORD = "portal@distributor.example", "sandbox"
PORTAL = "https://manage.bittitan.com"
SERVER_KINDS = ("searchable", "idempotent", "blind")

LATEST_EXECUTION = 300  # seconds after the portal stopped waiting (the contract)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?")


@dataclass(frozen=True)
class ServerValues:
    """What one source, the environment or the database, says about BitTitan's server. None: nothing."""

    url: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    server: str | None = None

    def over(self, other: "ServerValues") -> "ServerValues":
        """For each field the value of this source, or else that of the other."""
        return ServerValues(*(own or others for own, others in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class BitTitanSettings:
    url: str
    email: str
    password: str = field(repr=False)
    server: str
    absence: str
    """The status after two answered look-ups without a coupon: `failed` or `review`."""
    portal: str = PORTAL
    """The address at which people sign in at BitTitan themselves."""

    @property
    def is_on_this_machine(self) -> bool:
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def is_searchable(self) -> bool:
        return self.server != "blind"


@dataclass(frozen=True)
class ProvisioningSettings:
    """All times in seconds."""

    connect_timeout: float
    read_timeout: float
    total_timeout: float
    lease: float
    quarantine: float
    lookups: tuple[float, ...]
    breaker_failures: int
    breaker_pause: float
    rate: float
    """Purchases a second of all workers together; 0 means no limit."""


@dataclass(frozen=True)
class Settings:
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    data_dir: Path
    port: int
    sandbox_port: int
    time_zone: ZoneInfo
    worker_threads: int
    htmx_url: str | None
    trusted_proxies: int
    trusted_hosts: tuple[str, ...]
    """The host names that the portal answers to: `portal.example`, `portal.example:8443`, `.example` for subdomains."""
    secure_cookies: bool
    invoice_fonts: tuple[Path, ...]
    metrics_token: str | None = field(repr=False)
    """Allows reading /metrics from anywhere. If not set, only this machine may."""
    credential_keys: Keys = field(repr=False)
    """Encrypt the credentials that are stored in the database. Empty: none can be stored."""
    bittitan_given: ServerValues
    """What the environment says about BitTitan's server. It wins over what is stored in the portal."""
    bittitan: BitTitanSettings
    """By the environment alone. services/vendor_settings adds what is stored in the portal."""
    provisioning: ProvisioningSettings
    reconciliation: ReconciliationSettings
    status_checks_a_day: int
    """Requests by which the portal asks BitTitan by itself what became of recorded codes."""
    mail: MailSettings

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """What no log may contain (log_masks.py). The database's password as it is, and as it is quoted in the URL."""
        password = make_url(self.database_url).password
        mail = self.mail.server.password if self.mail.server else None
        ours = self.secret_key, self.metrics_token, self.bittitan.password, mail
        return *ours, *written(self.credential_keys), password, quote(password or "", safe="")

    @property
    def uses_sandbox(self) -> bool:
        """By the environment; vendor_settings.uses_sandbox knows what is set in the portal, too."""
        return self.bittitan.url == sandbox_url(self.sandbox_port)

    def bittitan_with(self, stored: ServerValues) -> BitTitanSettings:
        values = _filled(self.bittitan_given.over(stored), self.sandbox_port)
        return replace(self.bittitan, **{name: value or "" for name, value in vars(values).items()})

    def shortest_quarantine(self, server: BitTitanSettings) -> float:
        """Seconds that the quarantine must last with this server."""
        return 0 if server.is_on_this_machine else LATEST_EXECUTION + self.provisioning.total_timeout

    @property
    def sandbox_file(self) -> Path:
        return self.data_dir / "sandbox.db"

    def cookie_name(self, name: str) -> str:
        """Browsers accept a `__Host-` cookie only over https and from the host itself, never from a sibling host."""
        return f"__Host-{name}" if self.secure_cookies else name


def sandbox_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def load(env: Mapping[str, str]) -> Settings:
    """Raises ConfigError with a sentence that names the variable."""
    read = Reader(env)
    data_dir = Path(read.text("DATA_DIR", "var")).absolute()
    port = read.number("PORT", 8000, low=1, high=65535, whole=True)
    sandbox_port = read.number("SANDBOX_PORT", 8377, low=1, high=65535, whole=True)
    keys = parse_keys(read.secret("CREDENTIAL_KEYS") or _demo_key(data_dir / "credential-keys"))
    given = _given(read, has_keys=bool(keys))
    settings = Settings(
        database_url=_database_url(read.text("DATABASE_URL", f"sqlite:///{data_dir / 'portal.db'}")),
        secret_key=_secret_key(read, data_dir),
        data_dir=data_dir,
        port=port,
        sandbox_port=sandbox_port,
        time_zone=_time_zone(read.text("TIME_ZONE", "UTC")),
        worker_threads=read.number("WORKER_THREADS", 8, low=1, high=256, whole=True),
        htmx_url=read.text("HTMX_URL", None),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0, low=0, high=10, whole=True),
        trusted_hosts=_trusted_hosts(read),
        secure_cookies=read.choice("SECURE_COOKIES", ("no", "yes"), "no") == "yes",
        invoice_fonts=read.folders("INVOICE_FONTS"),
        metrics_token=_metrics_token(read),
        credential_keys=keys,
        bittitan_given=given,
        bittitan=_bittitan(read, _filled(given, sandbox_port)),
        provisioning=_provisioning(read),
        reconciliation=ReconciliationSettings.of(read),
        status_checks_a_day=read.number("STATUS_CHECKS_A_DAY", 2000, low=0, high=1_000_000, whole=True),
        mail=MailSettings.of(read, port),
    )
    _check_times(settings)
    if not settings.bittitan.is_on_this_machine and not read.text("TRUSTED_HOSTS", None):
        raise ConfigError("TRUSTED_HOSTS is missing. Name the hosts under which people open the portal.")
    return settings


def _given(read: Reader, *, has_keys: bool) -> ServerValues:
    """With keys, the e-mail address and the password may be stored in the portal instead."""
    url, server = read.text("BITTITAN_URL", None), read.choice("BITTITAN_SERVER", SERVER_KINDS, None)
    if url is None and not has_keys:
        return ServerValues(server=server)
    url = url and server_address("BITTITAN_URL", url)
    email = read.text("BITTITAN_EMAIL", None) if has_keys else read.required("BITTITAN_EMAIL")
    if (password := read.secret("BITTITAN_PASSWORD")) is None and not has_keys:
        refuse("BITTITAN_PASSWORD (or BITTITAN_PASSWORD_FILE) is missing.")
    return ServerValues(url, email, password, server)


def _filled(values: ServerValues, sandbox_port: int) -> ServerValues:
    if values.url is None:
        values = ServerValues(sandbox_url(sandbox_port), SANDBOX_EMAIL, SANDBOX_PASSWORD, values.server)
    return values.over(ServerValues(server=SERVER_KINDS[0]))


def _bittitan(read: Reader, values: ServerValues) -> BitTitanSettings:
    return BitTitanSettings(
        **{name: value or "" for name, value in vars(values).items()},
        absence=read.choice("BITTITAN_ABSENCE", ("failed", "review"), "failed"),
        portal=_address("BITTITAN_PORTAL", read.text("BITTITAN_PORTAL", PORTAL)),
    )


def server_address(name: str, url: str) -> str:
    """Raises ConfigError unless it is an address of a server to which a password may be sent."""
    url = _address(name, url.rstrip("/"))
    if urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname):
        refuse(f"{name} must start with https://, so that nobody on the way can read the password.")
    return url


def _address(name: str, url: str) -> str:
    is_address = urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname
    return url if is_address else refuse(f"{name} must be an address that starts with https:// or http://.")


def _provisioning(read: Reader) -> ProvisioningSettings:
    return ProvisioningSettings(
        connect_timeout=read.number("PROVISIONING_CONNECT_TIMEOUT", 3.0, low=0.05),
        read_timeout=read.number("PROVISIONING_READ_TIMEOUT", 10.0, low=0.05),
        total_timeout=read.number("PROVISIONING_TOTAL_TIMEOUT", 25.0, low=0.1),
        lease=read.number("PROVISIONING_LEASE", 60.0, low=0.1),
        quarantine=read.number("PROVISIONING_QUARANTINE", 600.0, low=0),
        lookups=read.numbers("PROVISIONING_LOOKUPS", (15, 60, 300, 900, 3600, 21600, *range(86400, 8 * 86400, 86400))),
        breaker_failures=read.number("PROVISIONING_BREAKER_FAILURES", 5, low=1, whole=True),
        breaker_pause=read.number("PROVISIONING_BREAKER_PAUSE", 60.0, low=0.1),
        rate=read.number("PROVISIONING_RATE", 20.0, low=0),
    )


def check_folder(settings: Settings) -> None:
    """Raises ConfigError if SQLite's folder cannot be written. SQLite's own message does not name it."""
    prefix, _, path = settings.database_url.partition("?")[0].partition("sqlite:///")
    folder = Path(path).absolute().parent
    if not prefix and not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} is not a folder that can be written, and the database is there: set DATA_DIR.")


def _check_times(settings: Settings) -> None:
    times = settings.provisioning
    if times.lease < times.total_timeout + 10:
        raise ConfigError("PROVISIONING_LEASE must be at least PROVISIONING_TOTAL_TIMEOUT + 10 seconds.")
    shortest = settings.shortest_quarantine(settings.bittitan)
    if times.quarantine < shortest:
        raise ConfigError(
            f"PROVISIONING_QUARANTINE must be at least {shortest:g} seconds: "
            "BitTitan may carry a request out five minutes after it timed out."
        )


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must start with sqlite:/// or postgresql://.")
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        text = "DATABASE_URL cannot be read. In a password write each special character as % and its number: @ is %40."
        raise ConfigError(text) from None  # the original message contains a part of the URL
    return url


def _secret_key(read: Reader, data_dir: Path) -> str:
    key = read.secret("SECRET_KEY") or _demo_key(data_dir / "secret-key")
    if key is None:
        raise ConfigError("SECRET_KEY is missing. Set it to a long random string that all processes share.")
    if len(key) < 16:
        raise ConfigError("SECRET_KEY is too short: use at least 16 random characters.")
    return key


def _metrics_token(read: Reader) -> str | None:
    token = read.secret("METRICS_TOKEN")
    if token is not None and not re.fullmatch(r"[!-~]{16,}", token):
        raise ConfigError("METRICS_TOKEN must be at least 16 characters, without spaces.")
    return token


def _trusted_hosts(read: Reader) -> tuple[str, ...]:
    """The default is this machine by its usual names, and the address that gunicorn binds."""
    bound = read.text("WEB_HOST", "127.0.0.1").strip("[]")
    own = f"[{bound}]" if ":" in bound else bound
    given = read.text("TRUSTED_HOSTS", f"localhost,127.0.0.1,[::1],{own}").lower().split(",")
    hosts = tuple(dict.fromkeys(host.strip() for host in given if host.strip()))
    if not hosts or not all(_HOST.fullmatch(host) for host in hosts):
        raise ConfigError("TRUSTED_HOSTS must be hosts separated by commas, such as portal.example,localhost:8000.")
    return hosts


def _demo_key(path: Path) -> str | None:
    """Reads the random key that `make run` keeps in the data folder, so that `flask` commands need no setting."""
    return path.read_text().strip() if path.is_file() else None


def _time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(f"TIME_ZONE: “{name}” is not a time zone, such as Europe/Athens.") from error
