"""Addresses as people write them in settings, made what libraries understand. Pure.

Raises everywhere: ValueError, with what is wrong and the mend, to be read after the setting's name.
It never repeats what was given, because an address may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(r"(?P<name>[\w.-]+|\[[0-9a-f:.%]+\])(?::(?P<port>\d{1,5}))?", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@/:]+@[\w.-]+\.\w{2,}")
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:|/|$)", re.IGNORECASE)
_REDIS = {"redis": "redis", "rediss": "rediss", "unix": "unix", "valkey": "redis", "valkeys": "rediss"}
_DATABASES = "correct it to postgresql://user:password@host:5432/name or sqlite:///folder/file.db"
_DEFAULT_PORTS = {("http", 80), ("https", 443)}


def database(given: str) -> str:
    """An SQLAlchemy address; `postgres://`, other drivers and a raw password are understood."""
    scheme, separator, rest = given.partition("://")
    kind = scheme.casefold().partition("+")[0]
    if not separator:
        raise ValueError(f"is not an address: {_DATABASES}")
    if kind == "sqlite":
        file = rest.removeprefix("/")
        if file == rest or not file or file.startswith(":memory:"):
            raise ValueError("names no file: correct it to sqlite:///folder/file.db, or leave it out")
        # Rasa would take a dollar sign for a variable, SQLAlchemy a question mark for options.
        if re.search(r"[$?]|^~", file):
            raise ValueError(f"names a file with $, ? or ~, which cannot be used: {_DATABASES}")
        return f"sqlite:///{file}"
    if kind not in ("postgres", "postgresql"):
        raise ValueError(f"is of a database that cannot be used: {_DATABASES}")
    who, place, query = _parts(rest)
    hosts, slash, name = place.partition("/")
    options = parse_qsl(query, keep_blank_values=True)
    if "%00" in given:
        raise ValueError(f"holds a character that cannot be used: {_DATABASES}")
    several = [_host(host, _DATABASES) for host in hosts.split(",")] if hosts else []
    if len(several) > 1:  # those that may take over from each other
        options = [*(("host", host) for host in several), *options]
        hosts = ""
    asked = f"?{urlencode(options)}" if options else ""
    return f"postgresql://{who}{hosts}{slash}{quote(name)}{asked}"


def redis(given: str) -> str:
    """A Redis address; without a scheme it is host and port, or the path of a socket."""
    mend = "correct it to redis://host:6379, rediss://... or unix:///path"
    if "://" not in given:
        given = f"unix://{given}" if given.startswith("/") else f"redis://{given}"
    scheme, _, rest = given.partition("://")
    if scheme.casefold() not in _REDIS:
        raise ValueError(f"is not an address of Redis: {mend}")
    scheme = _REDIS[scheme.casefold()]
    who, place, query = _parts(rest)
    host, slash, number = place.partition("/")
    if scheme == "unix":
        if not number:
            raise ValueError(f"names no socket: {mend}")
    else:
        _host(host, mend)
        if number and not number.isdecimal():
            raise ValueError(f"names a database that is no number: {mend}")
    return f"{scheme}://{who}{host}{slash}{number}" + (f"?{query}" if query else "")


def origin(given: str) -> str:
    """An origin as browsers send it: scheme and host in lower case, a port only where it is needed."""
    mend = "list sites one by one, such as https://help.example"
    if given in ("*", "null"):
        raise ValueError(f"cannot allow everybody: {mend}")
    try:
        parts = urlsplit(_with_scheme(given))
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise ValueError(f"holds something that is no site: {mend}") from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
        raise ValueError(f"holds something that is no site: {mend}")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"holds an address with a path, which browsers do not tell: {mend}")
    host = f"[{host}]" if ":" in host else host
    needed = port is not None and (parts.scheme, port) not in _DEFAULT_PORTS
    return f"{parts.scheme}://{host}:{port}" if needed else f"{parts.scheme}://{host}"


def network(given: str) -> Network:
    """An address or a range of addresses."""
    try:
        return ipaddress.ip_network(given.strip("[]"), strict=False)
    except ValueError:
        raise ValueError(
            "holds something that is no address: list addresses or ranges, such as 10.0.0.7, 10.0.0.0/8"
        ) from None


def web(given: str) -> str:
    """An http(s) address without a slash at its end; https where no scheme is given."""
    mend = "correct it to https://host/path"
    address = _with_scheme(given)
    try:
        parts = urlsplit(address)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or re.search(r"\s", address):
        raise ValueError(f"is not an address: {mend}")
    return address.rstrip("/")


def contact(given: str) -> str:
    """Where people are reached who may be shown to anybody: an e-mail address, or a page's."""
    mend = "correct it to help@example.com or https://host/path"
    if _EMAIL.fullmatch(mail := given.removeprefix("mailto:")):
        return mail
    page = web(given)
    parts = urlsplit(page)
    if parts.username is not None or ("." not in (parts.hostname or "") and "://" not in given):
        raise ValueError(f"is no address that people can be shown: {mend}")
    return page


def proxy(given: str) -> str:
    """The address of a proxy that speaks HTTP; without a scheme it is host and port."""
    mend = "correct it to http://host:port"
    scheme, _, rest = (given if "://" in given else f"http://{given}").partition("://")
    if scheme.casefold() not in ("http", "https"):
        raise ValueError(f"names no HTTP proxy, and no other kind can be used: {mend}")
    who, place, _ = _parts(rest)
    return f"{scheme.casefold()}://{who}{_host(place.rstrip('/'), mend)}"


def with_path(address: str, path: str) -> str:
    """The address, with a path where it has none."""
    parts = urlsplit(address)
    return address if parts.path.strip("/") else parts._replace(path=path).geturl()


def _with_scheme(given: str) -> str:
    if "://" in given:
        scheme, _, rest = given.partition("://")
        return f"{scheme.casefold()}://{rest}"
    return f"http://{given}" if _LOCAL.match(given) else f"https://{given}"


def _parts(rest: str) -> tuple[str, str, str]:
    """Who (quoted, with its @), host with path, and query of what follows a scheme.

    A password may hold any character but `?`, quoted or not: the last @ ends it.
    """
    address, _, query = rest.partition("?")
    who, at, place = address.rpartition("@")
    user, colon, password = who.partition(":")
    quoted = f"{quote(unquote(user), safe='')}{colon}{quote(unquote(password), safe='')}"
    return f"{quoted}{at}", place, query


def _host(given: str, mend: str) -> str:
    found = _HOST.fullmatch(given)
    if not found or int(found["port"] or 1) not in range(1, 65536):
        raise ValueError(f"has no proper host or port: {mend}")
    return given
