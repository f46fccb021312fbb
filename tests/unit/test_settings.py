"""Settings as people write them: understood, or refused in one line that names the mend."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from reinstate.server.log import Discreet
from reinstate.server.settings import Secret, Settings, SettingsError


def read(**given: str) -> Settings:
    """Settings of an environment."""
    return Settings.from_environment(given)


UNDERSTOOD = [
    ("DATABASE_URL", "postgres://bot:pw@db/x", "postgresql://bot:pw@db/x"),
    ("DATABASE_URL", "POSTGRESQL+asyncpg://bot:pw@db:5432/x", "postgresql://bot:pw@db:5432/x"),
    ("DATABASE_URL", "'postgresql://bot@db/x'", "postgresql://bot@db/x"),
    ("DATABASE_URL", "postgresql://bot:p@s/s#1@db/x", "postgresql://bot:p%40s%2Fs%231@db/x"),
    ("DATABASE_URL", "postgresql://bot:p%40s$w@db/x", "postgresql://bot:p%40s%24w@db/x"),
    ("DATABASE_URL", "postgresql://a:b@one:5432,two:5432/x", "postgresql://a:b@/x?host=one%3A5432&host=two%3A5432"),
    ("DATABASE_URL", "postgresql://postgres:@/postgres?host=/tmp/a", "postgresql://postgres:@/postgres?host=%2Ftmp%2Fa"),
    ("DATABASE_URL", " sqlite:////data/bot.db ", "sqlite:////data/bot.db"),
    ("REDIS_URL", "127.0.0.1:6379", "redis://127.0.0.1:6379"),
    ("REDIS_URL", "/run/redis.sock", "unix:///run/redis.sock"),
    ("REDIS_URL", ":p@ss@cache:6379/1", "redis://:p%40ss@cache:6379/1"),
    ("REDIS_URL", "VALKEYS://cache", "rediss://cache"),
    ("PORT", " 5006 ", 5006),
    ("PORT", "\ufeff“5006”\u200b\r\n", 5006),
    ("RATE_PER_MINUTE", "off", 0),
    ("RETENTION_DAYS", "Never", None),
    ("RETENTION_DAYS", "0", None),
    ("HOST", "[::]", "::"),
    ("WEB_ALLOWED_ORIGINS", "https://Help.Example/, http://a.example:80; b.example:8443\nlocalhost:3000",
     ("https://help.example", "http://a.example", "https://b.example:8443", "http://localhost:3000")),
    ("WEB_ALLOWED_ORIGINS", "https://bücher.example", ("https://xn--bcher-kva.example",)),
    ("SLACK_API_URL", "https://slack.example/api", "https://slack.example/api/"),
    ("TELEGRAM_WEBHOOK_URL", "bot.example", "https://bot.example/webhooks/telegram/webhook"),
    ("SLACK_API_URL", "slack.example", "https://slack.example/api/"),
    ("TELEGRAM_WEBHOOK_URL", "https://bot.example?a=b", "https://bot.example/webhooks/telegram/webhook?a=b"),
    ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
    ("HANDOVER_URL", "mailto:help@example.com", "help@example.com"),
    ("HANDOVER_URL", " Help+Desk@Example.co.uk", "Help+Desk@Example.co.uk"),
    ("HANDOVER_URL", "help.example.com/contact?a=b@c", "https://help.example.com/contact?a=b@c"),
    ("HANDOVER_URL", "http://intranet/help", "http://intranet/help"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "meant"), UNDERSTOOD)
def test_common_spellings_are_understood(name: str, given: str, meant: Any) -> None:
    """As a library takes it, whatever its scheme's case, quotes, spaces or separators."""
    found = getattr(read(**{name: given}), name.lower())
    assert meant == (found.reveal() if isinstance(found, Secret) else found)


@pytest.mark.parametrize("empty", ["", "  ", '""', "''"])
def test_empty_is_not_set(empty: str) -> None:
    """Compose passes variables that are not set as empty ones."""
    names = [name.upper() for name in Settings.__dataclass_fields__]
    assert read() == read(**dict.fromkeys(names, empty))


REFUSED = [
    ("DATABASE_URL", "bot.db"),
    ("DATABASE_URL", "mysql://bot:geheim@db/x"),
    ("DATABASE_URL", "postgresql://bot:geheim@db:54x2/x"),
    ("DATABASE_URL", "postgresql://bot:ge?heim@db/x"),
    ("DATABASE_URL", "postgresql://bot:geheim@db:99999/x"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite:///data.db?mode=ro"),
    ("DATABASE_URL", "sqlite:///~/data.db"),
    ("DATABASE_URL", "postgresql://bot:gehe%00im@db/x"),
    ("REDIS_URL", "unix://"),
    ("REDIS_URL", "https://:geheim@cache:6379"),
    ("REDIS_URL", "redis://:geheim@cache:port"),
    ("REDIS_URL", "redis://:geheim@cache:6379/name"),
    ("PORT", "http"),
    ("PORT", "0"),
    ("RETENTION_DAYS", "30 days"),
    ("RETENTION_DAYS", "yes"),
    ("RATE_PER_MINUTE", "-1"),
    ("HOST", "http://0.0.0.0"),
    ("HOST", "5005"),
    ("WEB_ALLOWED_ORIGINS", "*"),
    ("WEB_ALLOWED_ORIGINS", "https://help.example/chat"),
    ("WEB_ALLOWED_ORIGINS", "file:///x"),
    ("TRUSTED_PROXIES", "proxy.internal"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("SLACK_BOT_TOKEN", "xapp-geheim"),
    ("SLACK_APP_TOKEN", "xoxb-geheim"),
    ("SLACK_BOT_TOKEN", "xoxb-geheim\u200b-1"),
    ("SLACK_SIGNING_SECRET", "xoxb-geheim"),
    ("SLACK_API_URL", "ftp://slack.example"),
    ("TELEGRAM_BOT_TOKEN", "geheim"),
    ("TELEGRAM_BOT_TOKEN", "12:gehéim"),
    ("TELEGRAM_WEBHOOK_SECRET", "ge heim"),
    ("TELEGRAM_WEBHOOK_URL", "https://bot:port/x"),
    ("ACTION_SERVER_URL", "tcp://actions"),
    ("HANDOVER_URL", "ask Ann"),
    ("HANDOVER_URL", "yes"),
    ("HANDOVER_URL", "help@example"),
    ("HANDOVER_URL", "javascript:alert(1)"),
    ("HANDOVER_URL", "https://ann:geheim@help.example"),
]


@pytest.mark.parametrize(("name", "given"), REFUSED)
def test_the_rest_is_refused_in_one_line(name: str, given: str) -> None:
    """It begins with the setting's name, tells the mend, and holds no password."""
    with pytest.raises(SettingsError) as caught:
        read(**{name: given})
    line = str(caught.value)
    assert line.startswith(name)
    assert "correct it" in line or "list" in line
    assert "\n" not in line
    assert "heim" not in line


def test_no_secret_reaches_the_log() -> None:
    """Not in a traceback of whatever library, neither as it was given nor as it stands in an address."""
    secrets = {
        "TELEGRAM_BOT_TOKEN": "12:geheim-one",
        "SLACK_BOT_TOKEN": "xoxb-geheim-two",
        "SESSION_SECRET": "geheim three",
        "DATABASE_URL": "postgres://bot:ge@heim@db/x",
        "REDIS_URL": "redis://:geheim%2Ffive@cache",
        "ACTION_SERVER_URL": "https://bot:geheim6@actions",
        "TELEGRAM_API_URL": "https://bot:geheim%37@telegram",
    }
    settings = read(**secrets)
    addresses_of = f"{settings.database_url.reveal()} {settings.redis_url and settings.redis_url.reveal()}"
    said = f"{secrets} {addresses_of} ge@heim geheim/five geheim7"
    try:
        raise RuntimeError(said)
    except RuntimeError:
        record = logging.LogRecord("library", logging.ERROR, __file__, 1, said, None, sys.exc_info())
    line = Discreet(settings.secrets).format(record)
    assert "Traceback" in line
    assert "heim" not in line


@pytest.mark.parametrize(
    ("trusted", "address", "believed"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("10.0.0.7, fd00::/8", "fd00::1", True),
        ("10.0.0.7", "10.0.0.8", False),
        ("", "127.0.0.1", False),
        ("10.0.0.7", "unix", False),
    ],
)
def test_proxies_are_trusted_by_address_or_range(trusted: str, address: str, believed: bool) -> None:
    """Clusters know their proxies by range."""
    assert believed == read(TRUSTED_PROXIES=trusted).trusts(address)
