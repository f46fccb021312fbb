"""What tests share: one running bot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Chat, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running bot, one for all tests that do not change how it runs."""
    running = Server(tmp_path_factory.mktemp("server")).start()
    yield running
    running.stop()


@pytest.fixture
def chat(server: Server) -> Chat:
    """A fresh conversation."""
    return Chat(server.url).open()
