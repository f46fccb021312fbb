"""Settings from the environment. Nothing else in the project reads it."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "reinstate.tar.gz"
VAR = ROOT / "var"


class SettingsError(Exception):
    """A setting cannot be used; the message names it and the mend."""


class Secret:
    """A value that does not print itself."""

    def __init__(self, value: str) -> None:
        self._value = value

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
    trusted_proxies: tuple[str, ...]
    slack_bot_token: Secret | None
    slack_signing_secret: Secret | None
    slack_app_token: Secret | None
    slack_api_url: str
    telegram_bot_token: Secret | None
    telegram_webhook_url: str | None
    telegram_webhook_secret: Secret | None
    telegram_api_url: str
    database_url: str
    redis_url: str | None
    retention_days: int | None
    metrics_token: Secret | None
    rate_per_minute: int
    rate_total_per_minute: int
    action_server_url: str | None
    handover_url: str | None

    @classmethod
    def load(cls) -> Settings:
        """The process's settings: the environment, then `.env` for what it leaves open."""
        file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
        return cls.from_environment({**file, **os.environ})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read settings from a mapping such as `os.environ`.

        Raises:
            SettingsError: if a number is none, or out of range.
        """

        def text(name: str) -> str | None:
            return environment.get(name, "").strip() or None

        def secret(name: str) -> Secret | None:
            value = text(name)
            return Secret(value) if value else None

        def names(name: str) -> tuple[str, ...]:
            return tuple(part.strip().rstrip("/") for part in (text(name) or "").split(",") if part.strip())

        def number(name: str, default: int, least: int, most: int) -> int:
            value = text(name)
            if value is None:
                return default
            if not value.isdecimal() or not least <= int(value) <= most:
                raise SettingsError(
                    f"{name}={value!r} is not a whole number from {least} to {most}: correct it"
                )
            return int(value)

        retention = number("RETENTION_DAYS", 0, 0, 36500)
        return cls(
            host=text("HOST") or "127.0.0.1",
            port=number("PORT", 5005, 1, 65535),
            web_allowed_origins=names("WEB_ALLOWED_ORIGINS"),
            session_secret=secret("SESSION_SECRET"),
            trusted_proxies=names("TRUSTED_PROXIES"),
            slack_bot_token=secret("SLACK_BOT_TOKEN"),
            slack_signing_secret=secret("SLACK_SIGNING_SECRET"),
            slack_app_token=secret("SLACK_APP_TOKEN"),
            slack_api_url=text("SLACK_API_URL") or "https://slack.com/api/",
            telegram_bot_token=secret("TELEGRAM_BOT_TOKEN"),
            telegram_webhook_url=text("TELEGRAM_WEBHOOK_URL"),
            telegram_webhook_secret=secret("TELEGRAM_WEBHOOK_SECRET"),
            telegram_api_url=(text("TELEGRAM_API_URL") or "https://api.telegram.org").rstrip("/"),
            database_url=text("DATABASE_URL") or f"sqlite:///{VAR / 'data.db'}",
            redis_url=text("REDIS_URL"),
            retention_days=retention or None,
            metrics_token=secret("METRICS_TOKEN"),
            rate_per_minute=number("RATE_PER_MINUTE", 30, 0, 1_000_000),
            rate_total_per_minute=number("RATE_TOTAL_PER_MINUTE", 0, 0, 1_000_000),
            action_server_url=text("ACTION_SERVER_URL"),
            handover_url=text("HANDOVER_URL"),
        )


def session_secret(settings: Settings) -> Secret:
    """What signs web sessions: SESSION_SECRET, or one made once and kept in `var/`.

    Several replicas need the same one, so they need SESSION_SECRET.
    """
    if settings.session_secret:
        return settings.session_secret
    file = VAR / "session_secret"
    if not file.is_file():
        VAR.mkdir(parents=True, exist_ok=True)
        made = file.with_suffix(f".{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48), encoding="ascii")
        made.replace(file)
    return Secret(file.read_text(encoding="ascii").strip())
