"""Health where the machine around it is busy with something else."""

from __future__ import annotations

import asyncio
import threading

from reinstate.server.health import Probe
from reinstate.stores.locks import LocalLocks


def test_names_that_nobody_looks_up_do_not_make_it_ill() -> None:
    """A name server that is silent takes all of the loop's own threads: it says nothing of the database."""
    answered = threading.Event()

    async def ask() -> bool:
        looking_up = [asyncio.ensure_future(asyncio.to_thread(answered.wait)) for _ in range(100)]
        try:
            return await Probe(lambda: None, LocalLocks().check).well()
        finally:
            answered.set()
            await asyncio.gather(*looking_up)

    assert asyncio.run(ask())
