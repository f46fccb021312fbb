"""`make report`: what the bot did in the last days, as Markdown; counts only.

No text of people and no conversation's id is printed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reinstate.core.asked import TOPIC
from reinstate.core.transcript import MISSES
from reinstate.operator.kept import Turn, printed

USUAL_DAYS = 30
_HOW = "make report DAYS=7"
_NOT_UNDERSTOOD, _OUTSIDE = MISSES


@dataclass
class Counts:
    """What was counted.

    Attributes:
        conversations, turns: by door.
        pressed: turns that are a button or a command.
        languages: of what was written, by its two letters.
        told, disputed: conversations, by cause.
        verdicts: told or changed, by path and odds.
        answers: given, by id.
        intents: turns, by what they mean.
        letters: drafts, by conversation.
        responses: lines of the bot, by response.
    """

    conversations: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)
    pressed: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    disputed: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    responses: Counter[str] = field(default_factory=Counter)


def main(arguments: Sequence[str]) -> int:
    """Print the report; the exit code.

    Args:
        arguments: how many days, if not the usual ones.
    """
    return printed(
        arguments,
        USUAL_DAYS,
        _HOW,
        lambda kept, days: list(page(count(kept.since(days)), days)),
        "there is no report",
    )


def count(turns: Iterable[Turn]) -> Counts:
    """Count turns."""
    found = Counts()
    seen: set[str] = set()
    causes: dict[str, set[tuple[str, str]]] = {"causes": set(), "disputed": set()}
    for turn in turns:
        found.turns[turn.door] += 1
        found.conversations[turn.door] += turn.conversation not in seen
        seen.add(turn.conversation)
        found.pressed += bool(turn.payload)
        if turn.language:
            found.languages[turn.language] += 1
        found.intents[turn.intent] += 1
        found.responses.update(turn.responses)
        if drafts := turn.responses.count("utter_letter"):
            found.letters[turn.conversation] += drafts
        for slot, named in causes.items():
            named |= {(turn.conversation, cause) for cause in turn.after.get(slot) or ()}
        if turn.verdict:
            found.verdicts[turn.verdict] += 1
        found.answers.update(given(turn.before.get("answered") or (), turn.after.get("answered") or ()))
    found.told.update(cause for _, cause in causes["causes"])
    found.disputed.update(cause for _, cause in causes["disputed"])
    return found


def given(before: Sequence[str], after: Sequence[str]) -> Sequence[str]:
    """The answers that a turn gave: those in front of the ones that were given before.

    What is given twice in a row changes nothing there, and counts once.

    Args:
        before: answers given lately before the turn, the latest first.
        after: the same after it.
    """
    for new in range(len(after) + 1):
        others = [answer for answer in before if answer not in after[:new]]
        if list(after[new:]) == others[: len(after) - new]:
            return [answer for answer in after[:new] if not answer.startswith(TOPIC)]
    return ()


def page(counts: Counts, days: int) -> Iterator[str]:
    """The report in Markdown."""
    yield f"# The last {days} days\n"
    total = sum(counts.turns.values())
    if not total:
        yield "Nobody has written in this time, or nothing of it is kept. What comes is counted here."
        return
    yield from _table(("what", "how many"), _overview(counts, total))
    doors = [(door, counts.conversations[door], turns) for door, turns in counts.turns.most_common()]
    yield from _table(("door", "conversations", "turns"), doors)
    yield from _table(("language of what was written", "turns"), counts.languages.most_common())
    both = counts.told + counts.disputed
    causes = [(f"`{cause}`", counts.told[cause], counts.disputed[cause]) for cause, _ in both.most_common()]
    yield from _table(("cause", "conversations that tell it", "that dispute it"), causes)
    yield from _table(("path / odds", "verdicts told or changed"), counts.verdicts.most_common())
    answers = [(f"`{answer}`", times) for answer, times in counts.answers.most_common()]
    yield from _table(("answer", "times given"), answers)
    yield "Nothing is kept of what a person had deleted, so it is not counted here. How many did so since the"
    yield "bot was started stands in `/metrics`: `reinstate_forgotten_total`."


def _overview(counts: Counts, total: int) -> Iterator[tuple[str, object]]:
    missed, outside = counts.intents[_NOT_UNDERSTOOD], counts.intents[_OUTSIDE]
    yield "conversations", sum(counts.conversations.values())
    yield "turns", total
    yield "of these, buttons and commands", counts.pressed
    yield "not understood", f"{missed} ({missed / total:.1%})"
    yield "out of scope", f"{outside} ({outside / total:.1%})"
    yield "answers given", sum(counts.answers.values())
    yield "“Not right?” pressed or said", counts.intents["feedback_wrong_cause"]
    yield "said to be helpful", counts.intents["feedback_helpful"]
    yield "said not to be helpful", counts.intents["feedback_not_helpful"]
    yield "letters drafted, versions included", sum(counts.letters.values())
    yield "conversations with a letter", len(counts.letters)
    yield "evasion refused", counts.responses["utter_help_evade"]
    yield "invention for a letter declined", counts.responses["utter_no_invention"]


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table; nothing where it has no rows."""
    found = list(rows)
    if not found:
        return
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'---:|' * (len(heads) - 1)}"
    for row in found:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
