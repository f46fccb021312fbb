"""The network before a service, as bad as a test wants it."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import BinaryIO


class Relay:
    """A way to a socket that can swallow what passes, or be cut, as networks do."""

    def __init__(self, target: Path | int) -> None:
        """Lead to a socket of this machine, or to a port."""
        self._target = target
        self.silent = threading.Event()
        self.opened = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Lead nowhere any more."""
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections."""
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._reach()
                self.opened += 1
                self._pairs.append((near, far))
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _reach(self) -> socket.socket:
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target))
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(self._target))
        return far

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent.is_set():
                    sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Pooler:
    """A pooler before PostgreSQL that lends a connection for one transaction, as pgbouncer does by default."""

    def __init__(self, target: Path) -> None:
        """Lead to a server's socket that asks for no password."""
        self._target = target
        self._free: list[socket.socket] = []
        self._greeting = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Lead nowhere any more."""
        self._listener.close()
        for server in self._free:
            server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as said:
            hello = _sized(said, b"")
            while len(hello) == _REQUEST_FOR_TLS:
                client.sendall(b"N")
                hello = _sized(said, b"")
            self._free.append(self._connect(hello))
            client.sendall(self._greeting)
            server: socket.socket | None = None
            while (kind := said.read(1)) and kind != b"X":
                server = server or (self._free.pop() if self._free else self._connect(hello))
                server.sendall(_sized(said, kind))
                answer = _until_ready(server)
                if answer.endswith(b"I"):
                    self._free.append(server)
                    server = None
                client.sendall(answer)

    def _connect(self, hello: bytes) -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self._target))
        server.sendall(hello)
        self._greeting = _until_ready(server)
        return server


_REQUEST_FOR_TLS = 8


def _sized(stream: BinaryIO, kind: bytes) -> bytes:
    """A message of PostgreSQL's protocol, after the letter of its kind."""
    size = stream.read(4)
    return kind + size + stream.read(int.from_bytes(size, "big") - 4)


def _until_ready(server: socket.socket) -> bytes:
    """All messages of a server up to "ready for the next query"; the last letter is the transaction's state."""
    messages = b""
    with server.makefile("rb", buffering=0) as said:
        while kind := said.read(1):
            messages += _sized(said, kind)
            if kind == b"Z":
                break
    return messages
