"""Bodies that a server refuses before they have come to their end."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

CHUNK = 8192


def post_large(url: str, body: bytes, headers: dict[str, str], *, chunked: bool) -> int:
    """Post a body with its length, or in chunks without; the status of the answer, however early it comes."""
    asked = urlsplit(url)
    length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))
    with contextlib.closing(http.client.HTTPConnection(asked.netloc, timeout=60)) as connection:
        connection.putrequest("POST", asked.path)
        for name, value in (*headers.items(), length):
            connection.putheader(name, value)
        connection.endheaders()
        with contextlib.suppress(ConnectionError):
            for part in _chunks(body) if chunked else [body]:
                connection.send(part)
        return connection.getresponse().status


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        part = body[start : start + CHUNK]
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"
