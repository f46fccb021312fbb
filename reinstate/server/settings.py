"""Settings from the environment. Nothing else in the project reads it."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from reinstate.server import addresses

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "reinstate.tar.gz"
VAR = ROOT / "var"
_Value = TypeVar("_Value")
TELEGRAM_PATH = "/webhooks/telegram/webhook"
# What a number's setting may say in words where 0 switches something off.
_OFF = ("off", "no", "false", "none", "never", "disabled")
# A shorter one would take words out of the log and protects nothing.
_SHORTEST_SECRET = 6
# What comes along when a value is copied: spaces seen and unseen, and quotes.
_SPACES = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES = ('""', "''", "“”", "‘’", "``")
_WRONG_TOKENS = {
    "SLACK_BOT_TOKEN": (r"xox[be][.-][!-~]+", "the bot token of your Slack app, which begins with xoxb-"),
    "SLACK_APP_TOKEN": (r"xapp-[!-~]+", "an app-level token of your Slack app, which begins with xapp-"),
    "SLACK_SIGNING_SECRET": (
        r"(?!xox|xapp-)[ -~]+",
        "the signing secret of your Slack app, which is no token",
    ),
    "TELEGRAM_BOT_TOKEN": (r"[0-9]+:[A-Za-z0-9_-]+", "the token that BotFather gave you, digits:letters"),
    "TELEGRAM_WEBHOOK_SECRET": (r"[A-Za-z0-9_-]{1,256}", "up to 256 letters, digits, _ and -"),
}


class SettingsError(Exception):
    """A setting cannot be used; the message names it and the mend."""


@dataclass(frozen=True, repr=False)
class Secret:
    """A value that does not print itself, such as a token or an address with a password."""

    _value: str

    def __repr__(self) -> str:
        return "Secret('…')"

    def __str__(self) -> str:
        return "…"

    def reveal(self) -> str:
        """The value, for the one place that needs it."""
        return self._value

    def equals(self, given: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value.encode(), given.encode(errors="surrogateescape"))


@dataclass(frozen=True)
class Settings:
    """All settings; see `.env.example` for what each means. None or empty: not set."""

    host: str
    port: int
    web_allowed_origins: tuple[str, ...]
    session_secret: Secret | None
    trusted_proxies: tuple[addresses.Network, ...]
    slack_bot_token: Secret | None
    slack_signing_secret: Secret | None
    slack_app_token: Secret | None
    slack_api_url: str
    telegram_bot_token: Secret | None
    telegram_webhook_url: str | None
    telegram_webhook_secret: Secret | None
    telegram_api_url: str
    database_url: Secret
    redis_url: Secret | None
    workers: int
    retention_days: int | None
    metrics_token: Secret | None
    rate_per_minute: int
    rate_total_per_minute: int
    action_server_url: str | None
    handover_url: str | None

    @classmethod
    def load(cls) -> Settings:
        """The process's settings: the environment, then `.env` for what it leaves open or empty.

        Raises:
            SettingsError: as `from_environment`, and for a `.env` that is no text.
        """
        try:
            file = dotenv_values(ROOT / ".env", encoding="utf-8-sig")
        except (OSError, UnicodeError):
            raise SettingsError(".env cannot be read: save it as UTF-8 text, readable to the bot") from None
        given = {name: value for name, value in os.environ.items() if value.strip()}
        return cls.from_environment({**{k: v for k, v in file.items() if v is not None}, **given})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read settings from a mapping such as `os.environ`; spaces and quotes around them are none.

        Raises:
            SettingsError: if one cannot be understood. What may hold a secret is not repeated.
        """

        def text(name: str) -> str | None:
            value = environment.get(name, "").strip(_SPACES)
            if len(value) > 1 and value[0] + value[-1] in _QUOTES:
                value = value[1:-1].strip(_SPACES)
            return value or None

        def secret(name: str) -> Secret | None:
            value = text(name)
            if value and name == "TELEGRAM_BOT_TOKEN":
                value = re.sub(r"^bot(?=\d)", "", value)
            pattern, meant = _WRONG_TOKENS.get(name, ("", ""))
            if value and pattern and not re.fullmatch(pattern, value):
                raise SettingsError(f"{name} is not {meant}: correct it")
            return Secret(value) if value else None

        def address(name: str, read: Callable[[str], str]) -> str | None:
            value = text(name)
            return _read(name, value, read) if value else None

        def names(name: str, read: Callable[[str], _Value]) -> tuple[_Value, ...]:
            parts = re.split(r"[\s,;]+", text(name) or "")
            return tuple(dict.fromkeys(_read(name, part, read) for part in parts if part))

        def number(name: str, default: int, least: int, most: int) -> int:
            value = text(name)
            if value is None:
                return default
            if least == 0 and value.casefold() in _OFF:
                return 0
            if not value.isdecimal() or not least <= int(value) <= most:
                raise SettingsError(
                    f"{name}={value!r} is not a whole number from {least} to {most}: correct it"
                )
            return int(value)

        webhook = address("TELEGRAM_WEBHOOK_URL", addresses.web)
        slack = address("SLACK_API_URL", addresses.web) or "https://slack.com"
        database = address("DATABASE_URL", addresses.database)
        redis = address("REDIS_URL", addresses.redis)
        telegram = address("TELEGRAM_API_URL", addresses.web) or "https://api.telegram.org"
        return cls(
            host=_host(text("HOST") or "127.0.0.1"),
            port=number("PORT", 5005, 1, 65535),
            web_allowed_origins=names("WEB_ALLOWED_ORIGINS", addresses.origin),
            session_secret=secret("SESSION_SECRET"),
            trusted_proxies=names("TRUSTED_PROXIES", addresses.network),
            slack_bot_token=secret("SLACK_BOT_TOKEN"),
            slack_signing_secret=secret("SLACK_SIGNING_SECRET"),
            slack_app_token=secret("SLACK_APP_TOKEN"),
            slack_api_url=addresses.with_path(slack, "/api") + "/",
            telegram_bot_token=secret("TELEGRAM_BOT_TOKEN"),
            telegram_webhook_url=addresses.with_path(webhook, TELEGRAM_PATH) if webhook else None,
            telegram_webhook_secret=secret("TELEGRAM_WEBHOOK_SECRET"),
            telegram_api_url=telegram,
            database_url=Secret(database or f"sqlite:///{VAR / 'data.db'}"),
            redis_url=Secret(redis) if redis else None,
            workers=number("WORKERS", 1, 1, 64),
            retention_days=number("RETENTION_DAYS", 0, 0, 36500) or None,
            metrics_token=secret("METRICS_TOKEN"),
            rate_per_minute=number("RATE_PER_MINUTE", 30, 0, 1_000_000),
            rate_total_per_minute=number("RATE_TOTAL_PER_MINUTE", 0, 0, 1_000_000),
            action_server_url=address("ACTION_SERVER_URL", addresses.web),
            handover_url=address("HANDOVER_URL", addresses.contact),
        )

    @property
    def alone(self) -> bool:
        """Whether no other process is on the database: only SQLite's file can be known to be ours."""
        return self.workers == 1 and self.database_url.reveal().startswith("sqlite")

    @property
    def secrets(self) -> list[str]:
        """What must not be read in a log, longest first: secrets, and passwords in addresses."""
        found = [value.reveal() for value in vars(self).values() if isinstance(value, Secret)]
        told = [str(v.reveal() if isinstance(v, Secret) else v) for v in vars(self).values()]
        for password in (urlsplit(value).password or "" for value in told if "://" in value):
            found += [password, unquote(password)]
        return sorted({each for each in found if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def trusts(self, address: str) -> bool:
        """Whether an address is a reverse proxy's whose X-Forwarded-For is believed."""
        try:
            given = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A socket that listens to both families tells IPv4 addresses in IPv6's clothes.
        plain = getattr(given, "ipv4_mapped", None) or given
        return any(plain in network for network in self.trusted_proxies)


def _read(name: str, value: str, read: Callable[[str], _Value]) -> _Value:
    try:
        return read(value)
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None


def _host(given: str) -> str:
    host = {"*": "0.0.0.0"}.get(given, given.strip("[]"))  # noqa: S104 - asked for by the operator
    if not re.fullmatch(r"[\w.:%-]+", host) or host.isdecimal():
        raise SettingsError("HOST is not an address to listen on: correct it to 127.0.0.1 or 0.0.0.0")
    return host


def session_secret(settings: Settings) -> Secret:
    """What signs web sessions: SESSION_SECRET, or one made once and kept in `var/`.

    Several replicas need the same one, so they need SESSION_SECRET.

    Raises:
        SettingsError: if it can be neither read nor kept.
    """
    if settings.session_secret:
        return settings.session_secret
    file = VAR / "session_secret"
    try:
        kept = file.read_text(encoding="ascii").strip() if file.is_file() else ""
        if not kept:  # an empty one would sign with nothing
            VAR.mkdir(parents=True, exist_ok=True)
            made = file.with_suffix(f".{os.getpid()}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(48), encoding="ascii")
            made.replace(file)
            kept = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        raise SettingsError(
            f"{VAR.name}/{file.name} can be neither read nor made: set SESSION_SECRET, or make"
            f" {VAR.name}/ writable"
        ) from None
    return Secret(kept)
