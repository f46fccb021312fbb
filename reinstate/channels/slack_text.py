"""What Slack sends as text, made plain, and what the bot says, in Slack's blocks. Pure.

The limits are those of Slack's Block Kit and `chat.postMessage` references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from reinstate.stores.lines import Line, Source

SECTION = 3000
TITLE = 75
MOST_BUTTONS = 25
SECTIONS_IN_A_MESSAGE = 12
MOST_IN_CONTEXT = 10
LONGEST_SOURCE = 300
OPEN_DIRECT = "open-direct"

_ADDRESS = re.compile(r"^\s*(?:<@[^<>]*>[\s,:;]*)+")
_MARKED = re.compile(r"<([^<>]*)>")
_BLANKS = re.compile(r"[ \t]{2,}")
_URL = re.compile(r"https?://[^\s<>|\"]{1,500}")
_TRAILING = ".,;:!?)]}'”’"
_HALF = re.compile(r"(?:<[^<>]*|&\w*)$")
_OWNED = re.compile(r"for:([^:]+):\d+")

Block = dict[str, Any]


def plain(text: str) -> str:
    """What a person wrote: links as their label, no mentions, entities as characters.

    A link reads `<address|label>`, a mention `<@U…>`; a `<` that was typed arrives as `&lt;`, so
    marks are read first and entities after them.
    """
    text = _MARKED.sub(lambda found: _read_mark(found.group(1)), _ADDRESS.sub("", text))
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _BLANKS.sub(" ", text).strip()


def _read_mark(mark: str) -> str:
    target, _, label = mark.partition("|")
    if target.startswith(("@", "!subteam")):
        return ""
    if target.startswith("!"):
        return label
    if target.startswith("#"):
        return f"#{label}" if label else ""
    return label or target.removeprefix("mailto:").removeprefix("tel:")


def mrkdwn(text: str) -> str:
    """Text in Slack's markup: `&`, `<` and `>` escaped, so that nothing pings; addresses as links."""
    pieces, at = [], 0
    for found in _URL.finditer(text):
        address = found.group().rstrip(_TRAILING)
        pieces += [_escape(text[at : found.start()]), f"<{_escape(address)}>"]
        at = found.start() + len(address)
    return "".join([*pieces, _escape(text[at:])])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def parts(text: str, most: int = SECTION) -> list[str]:
    """Marked-up text in pieces of at most `most` characters, cut where a reader would pause.

    A cut never falls into an entity or a link.
    """
    found = []
    text = text.strip()
    while len(text) > most:
        cut = _cut(text, most)
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*found, text] if text else found


def _cut(text: str, most: int) -> int:
    for pause in ("\n\n", "\n", " "):
        cut = text.rfind(pause, most // 2, most + 1)
        if cut > 0:
            return cut
    half = _HALF.search(text, 0, most)
    return half.start() if half and half.start() > 0 else most


def messages(line: Line, owner: str) -> list[dict[str, Any]]:
    """The `text` and `blocks` of the Slack messages that one line of the bot becomes.

    Args:
        line: what the bot says, without markup.
        owner: the id of the person whose buttons these are.
    """
    pieces = parts(mrkdwn(line.text))
    below = [*_actions(line.buttons, owner), *_credits(line.sources)]
    if not below and len(pieces) == 1:
        return [{"text": pieces[0]}]
    groups = list(_chunks(pieces, SECTIONS_IN_A_MESSAGE)) or ([[]] if below else [])
    found = [{"text": "\n".join(g), "blocks": [section(p) for p in g]} for g in groups]
    if below:
        found[-1]["blocks"] = [*found[-1]["blocks"], *below]
        titles = [button["title"] for button in line.buttons] or [source.title for source in line.sources]
        found[-1]["text"] = found[-1]["text"] or " · ".join(map(_escape, titles))
    return found


def section(text: str) -> Block:
    """A section block that is shown in full and pings nobody."""
    return {"type": "section", "text": _marked(text), "expand": True}


def _marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _actions(buttons: Sequence[dict[str, str]], owner: str) -> Iterator[Block]:
    for number, group in enumerate(_chunks(buttons, MOST_BUTTONS)):
        elements = [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": _shorten(button["title"]), "emoji": False},
                "value": button["payload"],
                "action_id": f"reply-{place}",
            }
            for place, button in enumerate(group)
        ]
        yield {"type": "actions", "block_id": f"for:{owner}:{number}", "elements": elements}


def _credits(sources: Sequence[Source]) -> Iterator[Block]:
    """One quiet line of titles that link; what is beyond Slack's limits is left out."""
    if sources:
        texts = _joined([_link(source) for source in sources], " · ", SECTION)
        yield {"type": "context", "elements": [_marked(text) for text in texts[:MOST_IN_CONTEXT]]}


def _link(source: Source) -> str:
    """A title that links, where its address is one."""
    title = _escape(source.title[:LONGEST_SOURCE])
    if not source.address or not _URL.fullmatch(source.address):
        return title
    # A bar in the title would end it.
    return f"<{_escape(source.address)}|{title.replace('|', '¦')}>"


def _joined(items: Sequence[str], mark: str, most: int) -> list[str]:
    """Items joined into as few texts of at most `most` characters as hold them."""
    texts: list[str] = []
    for item in items:
        if texts and len(texts[-1]) + len(mark) + len(item) <= most:
            texts[-1] += mark + item
        else:
            texts.append(item)
    return texts


def owner_of(block_id: str) -> str | None:
    """Whose buttons are in a block of `messages`; None where the block is none of them."""
    found = _OWNED.fullmatch(block_id)
    return found.group(1) if found else None


def _shorten(title: str) -> str:
    return title if len(title) <= TITLE else title[: TITLE - 1] + "…"


def chosen(blocks: Sequence[Block], text: str, title: str) -> list[Block]:
    """The blocks of a message whose buttons were used: the choice stands in their place.

    Args:
        blocks: of the message as Slack shows it, if it told them.
        text: of the message, with markup, in case it did not.
        title: of the button pressed.
    """
    kept = [{k: v for k, v in b.items() if k != "block_id"} for b in blocks if b.get("type") != "actions"]
    kept = kept or [section(piece) for piece in parts(text)]
    mark = {"type": "context", "elements": [_marked(f"✓ {_escape(_shorten(title))}")]}
    return [*kept, mark]


def invitation(text: str, title: str, address: str) -> dict[str, Any]:
    """A message with one button that leads to an address."""
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": _shorten(title), "emoji": False},
        "url": address,
        "action_id": OPEN_DIRECT,
    }
    shown = mrkdwn(text)
    return {"text": shown, "blocks": [section(shown), {"type": "actions", "elements": [button]}]}


def home(text: str) -> dict[str, Any]:
    """The view of the app's home, one block a paragraph."""
    paragraphs = [p for p in text.split("\n\n") if p.strip()]
    return {"type": "home", "blocks": [section(piece) for p in paragraphs for piece in parts(mrkdwn(p))]}


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
