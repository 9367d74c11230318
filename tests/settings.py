"""The settings of tests: what the environment of a portal would say."""

from pathlib import Path

from portal import config
from portal.config import Settings

ROOT = Path(__file__).parent.parent
SECONDS = {
    "PROVISIONING_CONNECT_TIMEOUT": "2",
    "PROVISIONING_READ_TIMEOUT": "1",
    "PROVISIONING_TOTAL_TIMEOUT": "4",
    "PROVISIONING_LEASE": "14",
    "PROVISIONING_QUARANTINE": "1",
    "PROVISIONING_LOOKUPS": "0.2,0.5,1,2,4,8",
    "PROVISIONING_BREAKER_PAUSE": "0.5",
    "PROVISIONING_RATE": "0",
}


def make_settings(database_url: str, data_dir: Path, **overrides: str) -> Settings:
    return config.load(make_env(database_url, data_dir, **overrides))


def make_env(database_url: str, data_dir: Path, **overrides: str) -> dict[str, str]:
    ours = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "SECRET_KEY": "a key for tests that no one guards"}
    return ours | SECONDS | overrides
