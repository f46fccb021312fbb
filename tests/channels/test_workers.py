"""Two processes of one command on one port and one SQLite file: together they behave as one."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reinstate.stores.locks import FileLocks
from tests.channels import slack_people, telegram_people
from tests.channels.fake_slack import FakeSlack
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.slack_people import SETTLE_SECONDS, Kept
from tests.running import Answer, Chat, Server, request, until

TEXTS = ["my account was suspended because I have two accounts", "how long does it take?", "thank you"]
METRICS = {"Authorization": "Bearer counting"}
BURST = 15


@pytest.fixture(scope="module")
def bot(
    slack: FakeSlack, telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Both processes, with Slack's webhook and Telegram's long polling."""
    given = {**slack_people.settings(slack), **telegram_people.settings(telegram)}
    server = Server(tmp_path_factory.mktemp("workers"), **given, WORKERS="2", METRICS_TOKEN="counting")
    server.start()
    telegram.wait(lambda: len(telegram.named("setMyCommands")) == 2)
    yield server
    server.stop()


def processes(server: Server) -> set[int]:
    """The processes that answer."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii")
    return {int(pid) for pid in children.split()}


def kill(server: Server, pid: int) -> None:
    """Kill one of the processes, and wait until another answers in its place."""
    answering = server.log.read_bytes().count(b" answers\n")
    os.kill(pid, signal.SIGKILL)
    until(lambda: server.log.read_bytes().count(b" answers\n") > answering, SETTLE_SECONDS)


def at_once(chat: Chat, *bodies: dict[str, str]) -> list[Answer]:
    """Answers to messages that are sent at the same time, each over a connection of its own."""
    with ThreadPoolExecutor(len(bodies)) as crowd:
        return list(crowd.map(chat.post, bodies))


def said(chat: Chat, who: str) -> list[str]:
    """What the history tells of one side."""
    return [line["text"] for line in chat.history() if line["from"] == who]


def handled(server: Server) -> Counter[str]:
    """Turns of the web door by outcome, as /metrics counts them."""
    text = request("GET", f"{server.url}/metrics", headers=METRICS).body.decode()
    found = re.findall(r'reinstate_turns_total\{door="web",outcome="(\w+)"\} ([\d.]+)', text)
    return Counter({outcome: int(float(count)) for outcome, count in found})


def test_copies_of_a_message_are_one_turn_whichever_process_gets_them(bot: Server) -> None:
    """All copies get the same reply; and both processes count into one figure."""
    chat, before = Chat(bot.url).open(), handled(bot)
    for number, text in enumerate(TEXTS):
        answers = at_once(chat, *[{"id": str(number), "text": text}] * 6)
        assert {200} == {answer.status for answer in answers}
        assert 1 == len({answer.body for answer in answers})
    assert TEXTS == said(chat, "person")
    assert Counter(answered=3, repeated=15) == handled(bot) - before


def test_many_messages_at_once_are_one_turn_each(bot: Server) -> None:
    """Ten of one person: each is answered once, and the history holds whole turns."""
    chat = Chat(bot.url).open()
    texts = [f"is number {number} allowed?" for number in range(10)]
    answers = at_once(chat, *({"id": text, "text": text} for text in texts))
    assert {200} == {answer.status for answer in answers}
    assert sorted(texts) == sorted(said(chat, "person"))
    senders = [line["from"] for line in chat.history()]
    assert ("person", "bot") == (senders[0], senders[-1])
    assert ("person", "person") not in set(itertools.pairwise(senders))


def test_messages_to_both_processes_are_handled_in_the_order_of_arrival(bot: Server) -> None:
    """Ten of one person, over a connection each, while an earlier turn is not done."""
    chat = Chat(bot.url).open()
    texts = [f"is number {number} allowed?" for number in range(10)]
    file = bot.database.with_name(bot.database.name + "-lock")
    asked = []

    async def arrive() -> None:
        async with FileLocks(file).hold(chat.conversation):
            before = held_in(file)
            for number, text in enumerate(texts):
                asked.append(chat.begin({"id": text, "text": text}))
                until(lambda number=number: held_in(file) == before + number + 1)

    asyncio.run(arrive())
    assert {200} == {connection.getresponse().status for connection in asked}
    assert texts == said(chat, "person")


def held_in(file: Path) -> int:
    """How many stretches of a file are locked, by whichever process."""
    return len(re.findall(rf":{file.stat().st_ino} ", Path("/proc/locks").read_text(encoding="ascii")))


def test_a_limit_is_that_of_both_together(tmp_path: Path) -> None:
    """Fifteen messages of a person and no more; sixty sessions of an address and no more."""
    server = Server(tmp_path, WORKERS="2", RATE_PER_MINUTE="1", TRUSTED_PROXIES="").start()
    try:
        until(lambda: len(processes(server)) == 2)
        chat = Chat(server.url).open()
        answers = at_once(chat, *({"id": str(n), "text": "hello"} for n in range(BURST + 5)))
        assert Counter({200: BURST, 429: 5}) == Counter(answer.status for answer in answers)
        opened = [request("POST", f"{server.url}/chat/session", {}).status for _ in range(80)]
        assert 59 <= opened.count(201) < 80
    finally:
        server.stop()


def test_a_slack_message_is_one_turn_and_replies_keep_their_order(slack: FakeSlack, bot: Server) -> None:
    """Messages that are delivered to both processes, and the next one before the last is answered."""
    ann = slack_people.Person(slack, bot)
    for text in TEXTS:
        body = ann.direct(text)
        with ThreadPoolExecutor(4) as crowd:
            list(crowd.map(ann.send, [body] * 4))
    ann.kept.settle()
    assert TEXTS == ann.kept.said(ann.conversation)
    assert ann.kept.said(ann.conversation, "bot") == [m.shown for m in slack.in_channel(ann.channel)]


def test_one_process_at_a_time_fetches_from_telegram(telegram: FakeTelegram, bot: Server) -> None:
    """And another goes on where that one is killed."""
    person, kept = telegram_people.Person(telegram, bot), Kept(bot.database)

    def ask(text: str, number: int) -> None:
        telegram.queue(telegram.message(person.user, text))
        until(lambda: len(kept.said(person.conversation)) == number, SETTLE_SECONDS)
        kept.settle()

    ask(TEXTS[0], 1)
    assert 1 == telegram.most_fetching
    for number, pid in enumerate(processes(bot)):
        kill(bot, pid)
        ask(TEXTS[number + 1], number + 2)
    assert TEXTS == kept.said(person.conversation)


def test_a_process_that_is_killed_is_replaced_and_loses_nothing(bot: Server) -> None:
    """What was said stands; who was not answered asks again, and is."""
    chat = Chat(bot.url).open()
    chat.say(TEXTS[0])
    for number, pid in enumerate(processes(bot)):
        kill(bot, pid)

        def answered(number: int = number) -> bool:
            try:
                return chat.post({"id": f"after {number}", "text": TEXTS[1]}).status == 200
            except OSError:
                return False

        until(answered)
    assert [TEXTS[0], TEXTS[1], TEXTS[1]] == said(chat, "person")


def test_on_hup_all_are_replaced_and_nobody_is_dropped(bot: Server) -> None:
    """Somebody talks all the while: each message is one turn, and the old processes end after theirs."""
    chat, before, sent = Chat(bot.url).open(), processes(bot), 0
    os.kill(bot.pid, signal.SIGHUP)

    def answered() -> bool:
        try:
            return chat.post({"id": str(sent), "text": f"is number {sent} allowed?"}).status == 200
        except OSError:  # its connection was not accepted by who ended: the page sends it again, too
            return False

    while before & processes(bot) or len(processes(bot)) < 2:
        until(answered)
        sent += 1
    assert sent > 1
    assert [f"is number {number} allowed?" for number in range(sent)] == said(chat, "person")


def test_one_process_alone_goes_on_at_hup(tmp_path: Path) -> None:
    """Nobody could take its place meanwhile; it says so, and what to do."""
    server = Server(tmp_path).start()
    try:
        chat = Chat(server.url).open()
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: "WORKERS=2" in server.log.read_text(encoding="utf-8"))
        chat.say(TEXTS[0])
        assert [TEXTS[0]] == said(chat, "person")
    finally:
        server.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_all_end_together(how: signal.Signals, tmp_path: Path) -> None:
    """On TERM after their turns; also where the first process is killed, nothing is left on the port."""
    server = Server(tmp_path, WORKERS="2").start()
    until(lambda: len(processes(server)) == 2)
    running = processes(server)
    chat = Chat(server.url).open()
    with ThreadPoolExecutor(1) as crowd:
        answer = crowd.submit(chat.post, {"id": "1", "text": TEXTS[0]})
        if how is signal.SIGTERM:
            until(lambda: b"two accounts" in server.files() or answer.done())
            server.stop()
            assert (200, 0) == (answer.result().status, server.returncode)
        else:
            answer.result()
            server.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running))


def test_what_stands_in_the_way_is_said_once(tmp_path: Path) -> None:
    """A database that cannot be used: one line, and no process stays."""
    server = Server(tmp_path, WORKERS="2", DATABASE_URL="sqlite:////proc/none/data.db")
    with pytest.raises(RuntimeError, match="DATABASE_URL"):
        server.start()
    assert 1 == server.log.read_text(encoding="utf-8").count("reinstate cannot start")
