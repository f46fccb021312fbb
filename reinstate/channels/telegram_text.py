"""What Telegram shows and what it sends, without any network: formatting, and reading updates."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, Chat, MaybeInaccessibleMessage, Message, Update

from reinstate.channels.jobs import Job
from reinstate.server.commands import COMMANDS
from reinstate.server.masking import mask
from reinstate.stores.lines import LETTER, Line, Source

LONGEST_MESSAGE = 4096
LONGEST_PAYLOAD = 64
LONGEST_TITLE = 128
LONGEST_HEADING = 60
LONGEST_SOURCE = 300
ANONYMOUS = "anonymous"
_GROUPS = (Chat.GROUP, Chat.SUPERGROUP)
_HEADING = re.compile(rf"^\S.{{0,{LONGEST_HEADING}}}:$", re.MULTILINE)
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?(?=\s|$)")
_URL = re.compile(r"https?://\S+")
_BETWEEN = " · "
_BREAKS = ("\n\n", "\n", ". ", " ")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


# --- what is shown -----------------------------------------------------------------------------


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_html(text: str) -> str:
    """Telegram's HTML: everything escaped, and short lines that introduce a list in bold."""
    return _HEADING.sub(r"<b>\g<0></b>", _escape(text))


@dataclass(frozen=True)
class Piece:
    """A message as it is sent: in HTML, and plain where Telegram does not take that."""

    html: str
    plain: str


def pieces(line: Line) -> list[Piece]:
    """The messages that one line of the bot becomes; its sources are the last line of the last.

    A letter is one message as far as Telegram's limit goes, and nothing in it is made bold.
    """
    markup = _escape if line.kind == LETTER else to_html
    # Buttons need a text above them.
    text = line.text.strip() or ("" if line.sources else _BETWEEN.join(b["title"] for b in line.buttons))
    found = [Piece(markup(part), part) for part in split(text)]
    if line.sources:
        last = _credits(line.sources)
        if found and units(found[-1].plain) + len(_BREAKS[0]) + units(last.plain) <= LONGEST_MESSAGE:
            above = found.pop()
            last = Piece(above.html + _BREAKS[0] + last.html, above.plain + _BREAKS[0] + last.plain)
        found.append(last)
    return found


def _credits(sources: Sequence[Source]) -> Piece:
    """One line of titles that link; what is beyond Telegram's limit is left out."""
    titles = [source.title[:LONGEST_SOURCE] for source in sources]
    while units(plain := _BETWEEN.join(titles)) > LONGEST_MESSAGE:
        titles.pop()
    return Piece(_BETWEEN.join(_link(t, s.address) for t, s in zip(titles, sources)), plain)


def _link(title: str, address: str | None) -> str:
    """A title in HTML that links, where its address is one."""
    if not address or not _URL.fullmatch(address):
        return _escape(title)
    return f'<a href="{html.escape(address)}">{_escape(title)}</a>'


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def split(text: str, limit: int = LONGEST_MESSAGE) -> list[str]:
    """Parts that Telegram accepts, cut between paragraphs, lines or words.

    Telegram counts a text as it is shown, without its HTML.
    """
    parts = []
    rest = text.strip()
    while rest:
        length = _fitting(rest, limit)
        if length < len(rest):
            cuts = (rest.rfind(mark, length // 2, length) + len(mark.rstrip()) for mark in _BREAKS)
            length = next((cut for cut in cuts if cut > length // 2), length)
        parts.append(rest[:length].rstrip())
        rest = rest[length:].lstrip()
    return parts


def _fitting(text: str, limit: int) -> int:
    """How many characters of the text fit."""
    counts = itertools.accumulate(units(character) for character in text)
    return next((place for place, count in enumerate(counts) if count > limit), len(text))


def keyboard(buttons: Sequence[dict[str, str]], owner: int | None) -> list[tuple[str, str]]:
    """Titles and callback data, one a row; a payload that Telegram would refuse is left out.

    Args:
        buttons: title and payload of each.
        owner: in a group, the member whom the reply is for: nobody else's tap counts.
    """
    prefix = f"{_base36(owner)}|" if owner is not None else ""
    rows = [(b["title"][:LONGEST_TITLE], prefix + b["payload"]) for b in buttons]
    return [(title, data) for title, data in rows if title and len(data.encode()) <= LONGEST_PAYLOAD]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


# --- what is received --------------------------------------------------------------------------


@dataclass(frozen=True)
class Me:
    """The bot's own account; the name is known once Telegram has told it."""

    id: int | None
    name: str | None = None


@dataclass(frozen=True)
class TelegramJob(Job):
    """What one update asks for, in `telegram-<user>`, or `telegram-<chat>-<user>` in a group.

    Attributes:
        chat: where the reply goes.
        owner: in a group, the member.
        reply_to: in a group, the message that is answered.
        thread: topic of a forum.
        keyboard: message whose button was pressed.
    """

    chat: int
    owner: int | None = None
    reply_to: int | None = None
    thread: int | None = None
    keyboard: int | None = None

    @property
    def press(self) -> tuple[int, int, str | None] | None:
        """See `Job.press`."""
        return None if self.keyboard is None else (self.chat, self.keyboard, self.button)


def needs_name(update: Update) -> bool:
    """Whether only the bot's own name tells if it is addressed."""
    message = update.message
    return bool(message and message.chat.type in _GROUPS and "@" in (message.text or message.caption or ""))


def migration(update: Update) -> tuple[int, int] | None:
    """The old and the new id of a group that became a supergroup, where an update tells of that."""
    message = update.message
    if message and message.migrate_to_chat_id:
        return message.chat.id, message.migrate_to_chat_id
    if message and message.migrate_from_chat_id:
        return message.migrate_from_chat_id, message.chat.id
    return None


def read(update: Update, me: Me) -> TelegramJob | None:
    """What an update asks for; None for what is met with silence: edits, stickers, others' talk."""
    if update.callback_query:
        return _read_tap(update.update_id, update.callback_query)
    message = update.message
    if message is None or message.from_user is None:
        return None
    # Who is an anonymous admin writes as the group itself.
    anonymous = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    if not anonymous and (message.from_user.is_bot or message.sender_chat):
        return None
    text = message.text if message.text is not None else message.caption or ""
    group = message.chat.type in _GROUPS
    if group:
        addressed = _addressed(message, text, me)
        if addressed is None:
            return None
        text = addressed
        if anonymous:
            return _to_nobody(update.update_id, message)
    elif message.chat.type != Chat.PRIVATE:
        return None
    text = _without_name(text.strip(), me)
    if not text and not _needs_words(message):
        return None
    return TelegramJob(
        id=str(update.update_id),
        conversation=_conversation(message.chat, message.from_user.id),
        chat=message.chat.id,
        text=mask(text) if text else None,
        say=None if text else "telegram_no_text",
        owner=message.from_user.id if group else None,
        reply_to=message.message_id if group else None,
        thread=_topic(message),
    )


def _to_nobody(update_id: int, message: Message) -> TelegramJob:
    """Whoever writes as the group cannot have a conversation: one polite word."""
    return TelegramJob(
        id=str(update_id),
        conversation=f"telegram-{message.chat.id}-{ANONYMOUS}",
        chat=message.chat.id,
        say="telegram_anonymous",
        reply_to=message.message_id,
        thread=_topic(message),
    )


def is_anothers(query: CallbackQuery) -> bool:
    """Whether a member of a group pressed a button of a reply to somebody else."""
    if query.message is None or query.message.chat.type not in _GROUPS:
        return False
    owner, bar, _ = (query.data or "").partition("|")
    return bool(bar) and owner != _base36(query.from_user.id)


def chosen(query: CallbackQuery) -> str | None:
    """The title of the pressed button, where its message can still be read."""
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    rows = markup.inline_keyboard if markup else ()
    return next((b.text for row in rows for b in row if b.callback_data == query.data), None)


def _read_tap(update_id: int, query: CallbackQuery) -> TelegramJob | None:
    message = query.message
    if message is None or query.data is None or query.from_user.is_bot or is_anothers(query):
        return None
    group = message.chat.type in _GROUPS
    return TelegramJob(
        id=str(update_id),
        conversation=_conversation(message.chat, query.from_user.id),
        chat=message.chat.id,
        button=query.data.partition("|")[2] if group else query.data,
        owner=query.from_user.id if group else None,
        thread=_topic(message),
        keyboard=message.message_id,
    )


def _topic(message: MaybeInaccessibleMessage) -> int | None:
    if isinstance(message, Message) and message.is_topic_message:
        return message.message_thread_id
    return None


def _conversation(chat: Chat, user: int) -> str:
    return f"telegram-{chat.id}-{user}" if chat.type in _GROUPS else f"telegram-{user}"


def _needs_words(message: Message) -> bool:
    """Whether somebody shows or tells something that only text can give us."""
    return bool(
        message.photo
        or message.voice
        or message.document
        or message.video
        or message.audio
        or message.video_note
    )


def _addressed(message: Message, text: str, me: Me) -> str | None:
    """What a member says to the bot, its name taken out; None if it is not addressed."""
    bare, mentioned = _without_mentions(message, text, me)
    command = _COMMAND.match(bare.strip())
    if command:
        name = command[2]
        ours = _is_me(name, me) if name else mentioned or command[1].casefold() in COMMANDS
        return bare if ours else None
    if mentioned:
        has_more = bool(bare.strip()) or _needs_words(message)
        return bare if has_more else "/start"
    quoted = message.reply_to_message
    author = quoted.from_user if quoted else None
    return text if author and (author.id == me.id or _is_me(author.username, me)) else None


def _without_mentions(message: Message, text: str, me: Me) -> tuple[str, bool]:
    entities = message.parse_entities() if message.text is not None else message.parse_caption_entities()
    found = False
    for entity, words in entities.items():
        if entity.user and entity.user.id == me.id and words in text:
            text, found = text.replace(words, " ", 1), True
    if me.name:
        bare, count = re.subn(rf"(?<![\w./])@{re.escape(me.name)}\b[,:]?", " ", text, flags=re.IGNORECASE)
        text, found = bare, found or bool(count)
    return re.sub(r"[ \t]{2,}", " ", text).strip() if found else text, found


def _without_name(text: str, me: Me) -> str:
    """A command without the bot's name; with another bot's it stays, and is unknown here."""
    command = _COMMAND.match(text)
    if command and command[2] and (me.name is None or _is_me(command[2], me)):
        return f"/{command[1]}{text[command.end() :]}"
    return text


def _is_me(name: str | None, me: Me) -> bool:
    return bool(name and me.name) and str(name).casefold() == str(me.name).casefold()
