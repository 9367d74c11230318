"""The only reader of the environment. If a value is wrong or missing, the portal does not start and says why."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

SANDBOX_EMAIL = "portal@distributor.example"
SANDBOX_PASSWORD = "sandbox"
PORTAL = "https://manage.bittitan.com"
SERVER_KINDS = ("searchable", "idempotent", "blind")

# A server may carry a request out up to this long after the portal stopped waiting (the contract).
LATEST_EXECUTION = 300
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?")


class ConfigError(Exception):
    """A setting is missing or makes no sense. The message is one sentence for the person who starts the process."""


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
    metrics_token: str | None = field(repr=False)
    """Allows reading /metrics from anywhere. If not set, only this machine may."""
    bittitan: BitTitanSettings
    provisioning: ProvisioningSettings

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """What no log may contain (log_masks.py). The database's password as it is, and as it is quoted in the URL."""
        password = make_url(self.database_url).password
        return self.secret_key, self.metrics_token, self.bittitan.password, password, quote(password or "", safe="")

    @property
    def uses_sandbox(self) -> bool:
        return self.bittitan.url == sandbox_url(self.sandbox_port)

    @property
    def sandbox_file(self) -> Path:
        return self.data_dir / "sandbox.db"

    def cookie_name(self, name: str) -> str:
        """Browsers accept a `__Host-` cookie only over https and from the host itself, never from a sibling host."""
        return f"__Host-{name}" if self.secure_cookies else name


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by name or by address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def sandbox_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def load(env: Mapping[str, str]) -> Settings:
    """Raises ConfigError with a sentence that names the variable."""
    read = _Reader(env)
    data_dir = Path(read.text("DATA_DIR", "var")).absolute()
    sandbox_port = read.number("SANDBOX_PORT", 8377, low=1, high=65535, whole=True)
    settings = Settings(
        database_url=_database_url(read.text("DATABASE_URL", f"sqlite:///{data_dir / 'portal.db'}")),
        secret_key=_secret_key(read, data_dir),
        data_dir=data_dir,
        port=read.number("PORT", 8000, low=1, high=65535, whole=True),
        sandbox_port=sandbox_port,
        time_zone=_time_zone(read.text("TIME_ZONE", "UTC")),
        worker_threads=read.number("WORKER_THREADS", 8, low=1, high=256, whole=True),
        htmx_url=read.text("HTMX_URL", None),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0, low=0, high=10, whole=True),
        trusted_hosts=_trusted_hosts(read),
        secure_cookies=read.choice("SECURE_COOKIES", ("no", "yes"), "no") == "yes",
        metrics_token=_metrics_token(read),
        bittitan=_bittitan(read, sandbox_port),
        provisioning=_provisioning(read),
    )
    _check_times(settings)
    if not settings.bittitan.is_on_this_machine and not read.text("TRUSTED_HOSTS", None):
        raise ConfigError("TRUSTED_HOSTS is missing. Name the hosts under which people open the portal.")
    return settings


def _bittitan(read: "_Reader", sandbox_port: int) -> BitTitanSettings:
    url = read.text("BITTITAN_URL", None)
    if url is None:
        url, email, password = sandbox_url(sandbox_port), SANDBOX_EMAIL, SANDBOX_PASSWORD
    else:
        url = _address("BITTITAN_URL", url.rstrip("/"))
        if urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname):
            raise ConfigError("BITTITAN_URL must start with https://, so that nobody on the way can read the password.")
        email, password = read.required("BITTITAN_EMAIL"), read.secret("BITTITAN_PASSWORD")
        if password is None:
            raise ConfigError("BITTITAN_PASSWORD (or BITTITAN_PASSWORD_FILE) is missing.")
    return BitTitanSettings(
        url=url,
        email=email,
        password=password,
        server=read.choice("BITTITAN_SERVER", SERVER_KINDS, "searchable"),
        absence=read.choice("BITTITAN_ABSENCE", ("failed", "review"), "failed"),
        portal=_address("BITTITAN_PORTAL", read.text("BITTITAN_PORTAL", PORTAL)),
    )


def _address(name: str, url: str) -> str:
    is_address = urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname
    return url if is_address else _refuse(f"{name} must be an address that starts with https:// or http://.")


def _provisioning(read: "_Reader") -> ProvisioningSettings:
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
    """Raises ConfigError if SQLite's folder cannot be written. SQLite itself would only say “unable to open database
    file”."""
    prefix, _, path = settings.database_url.partition("sqlite:///")
    folder = Path(path.partition("?")[0]).absolute().parent
    if not prefix and not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} is not a folder that can be written, and the database is there: set DATA_DIR.")


def _check_times(settings: Settings) -> None:
    times = settings.provisioning
    if times.lease < times.total_timeout + 10:
        raise ConfigError("PROVISIONING_LEASE must be at least PROVISIONING_TOTAL_TIMEOUT + 10 seconds.")
    shortest = LATEST_EXECUTION + times.total_timeout
    if times.quarantine < shortest and not settings.bittitan.is_on_this_machine:
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


def _secret_key(read: "_Reader", data_dir: Path) -> str:
    key = read.secret("SECRET_KEY") or _demo_key(data_dir / "secret-key")
    if key is None:
        raise ConfigError("SECRET_KEY is missing. Set it to a long random string that all processes share.")
    if len(key) < 16:
        raise ConfigError("SECRET_KEY is too short: use at least 16 random characters.")
    return key


def _metrics_token(read: "_Reader") -> str | None:
    token = read.secret("METRICS_TOKEN")
    if token is not None and not re.fullmatch(r"[!-~]{16,}", token):
        raise ConfigError("METRICS_TOKEN must be at least 16 characters, without spaces.")
    return token


def _trusted_hosts(read: "_Reader") -> tuple[str, ...]:
    """The default is this machine by its usual names, and the address that gunicorn binds."""
    bound = read.text("WEB_HOST", "127.0.0.1").strip("[]")
    own = f"[{bound}]" if ":" in bound else bound
    text = read.text("TRUSTED_HOSTS", f"localhost,127.0.0.1,[::1],{own}")
    hosts = tuple(dict.fromkeys(host.strip().lower() for host in text.split(",") if host.strip()))
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


class _Reader:
    def __init__(self, env: Mapping[str, str]):
        self._env = env

    def text(self, name: str, default: str | None) -> str | None:
        return self._env.get(name, "").strip() or default

    def required(self, name: str) -> str:
        return self.text(name, None) or _refuse(f"{name} is missing.")

    def secret(self, name: str) -> str | None:
        """Returns `NAME`, or the content of the file that `NAME_FILE` names."""
        path = self.text(f"{name}_FILE", None)
        if path is None:
            return self.text(name, None)
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE: {path} cannot be read.") from error

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        return value if value in allowed else _refuse(f"{name} must be one of {', '.join(allowed)}.")

    def number(self, name, default, *, low=float("-inf"), high=float("inf"), whole=False):
        text = self.text(name, str(default))
        if not re.fullmatch(r"\d+" if whole else r"\d+(\.\d+)?", text):
            _refuse(f"{name} must be a {'whole number' if whole else 'number'}, not “{text}”.")
        value = int(text) if whole else float(text)
        if not low <= value <= high:
            _refuse(f"{name} must be between {low:g} and {high:g}.")
        return value

    def numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        text = self.text(name, None)
        if text is None:
            return tuple(float(value) for value in default)
        parts = [part.strip() for part in text.split(",")]
        if not all(re.fullmatch(r"\d+(\.\d+)?", part) for part in parts):
            _refuse(f"{name} must be seconds separated by commas, such as 15,60,300.")
        values = tuple(float(part) for part in parts)
        return values if list(values) == sorted(set(values)) else _refuse(f"{name} must grow from one to the next.")


def _refuse(sentence: str) -> NoReturn:
    raise ConfigError(sentence)
