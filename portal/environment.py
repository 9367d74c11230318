"""Reads single values from environment variables, for portal/config.py."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn


class ConfigError(Exception):
    """A setting is missing or makes no sense. The message is one sentence for the person who starts the process."""


def refuse(sentence: str) -> NoReturn:
    raise ConfigError(sentence)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by name or by address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Reader:
    def __init__(self, env: Mapping[str, str]):
        self._env = env

    def text(self, name: str, default: str | None) -> str | None:
        return self._env.get(name, "").strip() or default

    def required(self, name: str) -> str:
        return self.text(name, None) or refuse(f"{name} is missing.")

    def secret(self, name: str) -> str | None:
        """Returns `NAME`, or the content of the file that `NAME_FILE` names."""
        path = self.text(f"{name}_FILE", None)
        if path is None:
            return self.text(name, None)
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE: {path} cannot be read.") from error

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None) -> str | None:
        value = self.text(name, default)
        return value if value in (*allowed, default) else refuse(f"{name} must be one of {', '.join(allowed)}.")

    def number(self, name, default, *, low=float("-inf"), high=float("inf"), whole=False):
        text = self.text(name, str(default))
        if not re.fullmatch(r"\d+" if whole else r"\d+(\.\d+)?", text):
            refuse(f"{name} must be a {'whole number' if whole else 'number'}, not “{text}”.")
        value = int(text) if whole else float(text)
        if not low <= value <= high:
            refuse(f"{name} must be between {low:g} and {high:g}.")
        return value

    def numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        text = self.text(name, None)
        if text is None:
            return tuple(float(value) for value in default)
        parts = [part.strip() for part in text.split(",")]
        if not all(re.fullmatch(r"\d+(\.\d+)?", part) for part in parts):
            refuse(f"{name} must be seconds separated by commas, such as 15,60,300.")
        values = tuple(float(part) for part in parts)
        return values if list(values) == sorted(set(values)) else refuse(f"{name} must grow from one to the next.")

    def folders(self, name: str) -> tuple[Path, ...]:
        """Absolute paths."""
        given = [part.strip() for part in (self.text(name, None) or "").split(",") if part.strip()]
        paths = tuple(Path(part).absolute() for part in given)
        missing = next((path for path in paths if not path.is_dir()), None)
        return paths if missing is None else refuse(f"{name}: {missing} is not a folder.")
