"""Starts a process, or several: Rasa, the actions and the doors. `make run` ends up here."""

from __future__ import annotations

import reinstate.server.lean  # noqa: F401 - before Rasa and numpy

# isort: split

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, register
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.utils.common import class_from_module_path
from rasa.shared.utils.io import read_config_file
from rasa.utils.endpoints import EndpointConfig
from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import empty, raw, redirect

from reinstate import inprocess, knowledge, quick_rules, quick_turns
from reinstate.channels.gate import Gate
from reinstate.channels.rates import Times, limits
from reinstate.server import lean, metrics, workers
from reinstate.server.health import Probe
from reinstate.server.log import FORMAT, Discreet
from reinstate.server.settings import MODEL, ROOT, Settings, SettingsError, session_secret
from reinstate.stores import in_redis
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.database import Database, StoreError, UnreachableError
from reinstate.stores.in_postgres import PostgresLocks
from reinstate.stores.locks import FileLocks, LocalLocks, Locks

logger = logging.getLogger("reinstate")

LARGEST_REQUEST = 1024 * 1024
# Longer than proxies keep a connection that is idle: one that ends first is 502 to whoever comes just then.
KEEP_ALIVE_SECONDS = 130
ALONE = "HUP: one process alone goes on with its model; start it again, or run it with WORKERS=2"
_HERE = ("127.0.0.1", "0.0.0.0", "::")  # noqa: S104 - shown as localhost, not bound to
_RETENTION_EVERY_SECONDS = 3600
_DAY_SECONDS = 24 * 3600
# How long a start waits for a database that cannot be reached, and how long between two tries.
_START_SECONDS, _START_PAUSE = 30, 2
_Opened = TypeVar("_Opened")


class StartError(Exception):
    """The bot cannot start; the message names the mend."""


def main() -> None:
    """Check what is needed, then serve until TERM."""
    logging.basicConfig(level=logging.WARNING, format=FORMAT)
    logger.setLevel(logging.INFO)
    # Rasa's structured log prints what people write at debug level, which is its default.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with _or_exit():
        settings = Settings.load()
        key = session_secret(settings)  # made once for all processes
        for handler in logging.getLogger().handlers:
            handler.setFormatter(Discreet([*settings.secrets, key.reveal()], key.reveal()))
        find_model()
        listening = bind(settings)
        knowledge.knowledge()
    begun = partial(_tell, settings)
    if settings.workers == 1:
        listening.close()  # it may be less than all that HOST stands for
        signal.signal(signal.SIGHUP, lambda *_: logger.warning(ALONE))
        _serve(settings, Times(), begun, host=settings.host, port=settings.port)
        return
    knowledge.knowledge.cache_clear()  # each process reads it anew, those that replace others too
    with tempfile.TemporaryDirectory(prefix="reinstate-") as folder:
        metrics.share(Path(folder))
        work = partial(_serve, settings, Times(), sock=listening)
        sys.exit(workers.run(settings.workers, work, begun))


@contextlib.contextmanager
def _or_exit() -> Iterator[None]:
    """Say in one line why the bot cannot start, where it cannot."""
    try:
        yield
    except (
        SettingsError,
        StartError,
        StoreError,
        knowledge.KnowledgeError,
        inprocess.WrongRasaError,
    ) as error:
        sys.exit(f"reinstate cannot start: {error}")


def _serve(settings: Settings, times: Times, begun: Callable[[], None], **address: Any) -> None:
    """Answer at an address until TERM."""
    with _or_exit():
        app = build(settings, times, begun)
    app.run(**address, access_log=False, motd=False, debug=False)


def build(settings: Settings, times: Times, begun: Callable[[], None]) -> Sanic:
    """The web application with all doors; the model loads when it starts.

    Args:
        settings: of the process.
        times: of limits, which this process may share with others.
        begun: called once it answers.

    Raises:
        StoreError: if the database cannot be used.
    """
    app = Sanic("reinstate", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = LARGEST_REQUEST
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    app.config.FALLBACK_ERROR_FORMAT = "text"
    app.ctx.settings = settings
    app.ctx.store = once_reachable(partial(open_store, settings))
    redis = in_redis.connect(settings.redis_url.reveal()) if settings.redis_url else None
    database = app.ctx.store.database
    app.ctx.locks = in_redis.RedisLocks(redis) if redis else once_reachable(partial(locks_of, database))
    app.ctx.limits = limits(settings, times, redis)
    app.ctx.begun, app.ctx.probe = begun, None
    register(doors(), app, route="/webhooks/")
    app.add_route(_root, "/", methods=["GET", "HEAD"])
    app.add_route(_health, "/health", methods=["GET", "HEAD"])
    app.add_route(_health, "/ready", methods=["GET", "HEAD"], name="ready")
    app.add_route(_metrics, "/metrics")
    app.error_handler.add(SanicException, _no_page)
    app.error_handler.add(Exception, _broken)
    app.register_listener(_load, "before_server_start")
    app.register_listener(_begin, "after_server_start")
    return app


def doors() -> list[InputChannel]:
    """The doors that credentials.yml names."""
    named = read_config_file(ROOT / "credentials.yml")
    return [class_from_module_path(name).from_credentials(given) for name, given in named.items()]


def once_reachable(open_: Callable[[], _Opened]) -> _Opened:
    """Open what is in a database; one that cannot be reached may be just starting, and is tried again.

    Raises:
        StoreError: if it cannot be used, or not be reached for a while.
    """
    ends = time.monotonic() + _START_SECONDS
    while True:
        try:
            return open_()
        except UnreachableError as error:
            if time.monotonic() > ends:
                raise
            logger.warning("%s; it is tried again", error)
        time.sleep(_START_PAUSE)


def locks_of(database: Database) -> Locks:
    """Locks where the conversations are: no other process can reach what is in memory only.

    Raises:
        StoreError: if they cannot be had there.
    """
    url = database.engine.url
    if not url.drivername.startswith("sqlite"):
        return PostgresLocks(database)
    return FileLocks(Path(f"{url.database}-lock")) if url.database else LocalLocks()


def open_store(settings: Settings) -> ConversationStore:
    """The conversations, with tables made where there are none.

    Raises:
        StoreError: if the database cannot be used.
        StartError: if endpoints.yml keeps them elsewhere.
    """
    os.environ["DATABASE_URL"] = settings.database_url.reveal()
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    store = TrackerStore.create(endpoints.tracker_store)
    if not isinstance(store, ConversationStore):
        raise StartError("endpoints.yml must keep conversations in reinstate.stores.conversations")
    return store


def find_model() -> None:
    """Return if there is a model.

    Raises:
        StartError: if there is none.
    """
    if not MODEL.is_file():
        raise StartError(f"there is no trained model at {MODEL.relative_to(ROOT)}: run `make train`")


def bind(settings: Settings) -> socket.socket:
    """A socket at the address of the settings.

    Raises:
        StartError: if the address cannot be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise StartError(
            f"HOST={settings.host!r} is not an address of this machine: correct it to 127.0.0.1 or 0.0.0.0"
        ) from None
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise StartError(
            f"port {settings.port} of {settings.host} cannot be used ({error.strerror}): "
            "stop what runs there, or choose another with PORT=5006 make run"
        ) from error
    return bound


async def _load(app: Sanic, loop: Any) -> None:
    workers.watch_parent(loop, app.stop)
    settings: Settings = app.ctx.settings
    store: ConversationStore = app.ctx.store
    remote = settings.action_server_url
    lean.leave_training_out()
    quick_rules.install()
    if not remote:
        inprocess.install()
    agent = Agent.load(MODEL, action_endpoint=EndpointConfig(remote) if remote else None)
    quick_turns.install(agent)
    # Rasa wraps every store so that a database error loses what was said without a word; a turn
    # that cannot be stored must fail instead, so that it can be said and repeated.
    store.domain = agent.domain
    agent.tracker_store = agent.processor.tracker_store = store
    await agent.parse_message("hello")
    # What is loaded stays: looking through it for garbage would hold all turns up, 150 ms each time.
    gc.collect()
    gc.freeze()
    app.ctx.agent = agent
    app.ctx.gate = Gate(agent, store, app.ctx.locks, app.ctx.limits)
    if settings.retention_days:
        app.add_task(_retain(store, settings.retention_days))


async def _begin(app: Sanic, _loop: Any) -> None:
    """All doors are open now, and it may be said that the bot is well."""
    app.ctx.probe = Probe(app.ctx.store.check, app.ctx.locks.check)
    app.ctx.begun()


def _tell(settings: Settings) -> None:
    host = "localhost" if settings.host in _HERE else settings.host
    sys.stdout.write(f"Reinstate answers at http://{host}:{settings.port}/chat/\n")
    sys.stdout.flush()


async def _retain(store: ConversationStore, days: int) -> None:
    while True:
        try:
            await asyncio.to_thread(store.forget_older_than, days * _DAY_SECONDS)
        except sa.exc.SQLAlchemyError:
            logger.exception("old conversations could not be deleted; it is tried again")
        await asyncio.sleep(_RETENTION_EVERY_SECONDS)


async def _root(_request: Request) -> HTTPResponse:
    return redirect("/chat/")


async def _health(request: Request) -> HTTPResponse:
    probe: Probe | None = request.app.ctx.probe
    well = probe is not None and await probe.well()
    return raw(b"ok", content_type="text/plain") if well else empty(503)


async def _metrics(request: Request) -> HTTPResponse:
    token = request.app.ctx.settings.metrics_token
    if token is None:
        return empty(404)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not token.equals(given):
        return empty(401)
    return raw(metrics.shown(), content_type=CONTENT_TYPE_LATEST)


async def _broken(request: Request, error: Exception) -> HTTPResponse:
    """What a client sends so broken that it is no request (a length that is no number) is a 400."""
    if request.method == "NONE":
        return empty(400)
    logger.error("a request failed", exc_info=error)
    return empty(500)


async def _no_page(_request: Request, error: SanicException) -> HTTPResponse:
    return empty(error.status_code)


if __name__ == "__main__":
    main()
