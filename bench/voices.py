"""Sends real people's wording through the running bot and counts acceptable answers by label.

    python -m bench.voices FILE.jsonl

Each line of the file is `{"text", "label", "also": [labels]}`. An answer is acceptable if the
intent that was answered, a cause that was judged or disputed, or a button that was offered
stands for the label or for one of the labels in `also`.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.running import Chat, Server

# Labels of the file that are not named like an intent of ours, and the intents that answer them.
INTENTS: dict[str, tuple[str, ...]] = {
    "agency_linked": ("cause_unknown", "cause_multiple_accounts", "cause_account_sharing"),
    "plagiarism_ip": ("cause_misrepresentation",),
    "direct_contracts_own_clients": ("cause_paid_outside", "deny_paid_outside"),
    "bots_automation": ("cause_automation_tools",),
    "location_vpn": ("cause_location_mismatch",),
    "profile_photo": ("cause_misrepresentation", "cause_identity_verification"),
    "compromised_account": ("cause_account_compromised",),
    "dispute_arbitration": ("cause_payment_dispute",),
    "unknown_cause": ("cause_unknown",),
    "denial": ("cause_unknown",),
    "ask_status_or_time": ("ask_timeline",),
    "not_suspension": ("platform_question", "ask_prevention", "lookalike_profile_private"),
    "ask_permanent": ("ask_permanent", "inform_notice"),
    "ask_appeal": ("ask_appeal", "draft_appeal"),
    "out_of_scope": ("out_of_scope", "nlu_fallback", "help_evade"),
}


def accepted(label: str) -> set[str]:
    """Intents that answer a label."""
    return set(INTENTS.get(label, (f"cause_{label}", f"deny_{label}", label)))


def answered(
    database: Path, conversation: str, lines: list[dict[str, Any]], slots: dict[str, Any]
) -> set[str]:
    """Everything that the reply to the latest message answers or offers, as intents."""
    with sqlite3.connect(database) as connection:
        (data,) = connection.execute(
            "SELECT data FROM events WHERE sender_id = ? AND type_name = 'user' ORDER BY id DESC",
            (conversation,),
        ).fetchone()
    offered = {_means(button["payload"]) for line in lines for button in line.get("buttons") or []}
    offered -= {"cause_unknown"}
    judged = {f"cause_{c}" for c in slots.get("causes") or []} | {
        f"deny_{c}" for c in slots.get("disputed") or []
    }
    return {json.loads(data)["parse_data"]["intent"]["name"]} | offered | judged


def _means(payload: str) -> str:
    """The intent of a button; of "rather: ..." the cause that takes the place of the one that was read."""
    intent, _, data = payload[1:].partition("{")
    instead = json.loads("{" + data).get("id") if data else None
    return f"cause_{instead}" if instead and intent == "feedback_wrong_cause" else intent


def main() -> None:
    """Run the file and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--wrong", action="store_true", help="print the messages without an acceptable answer"
    )
    chosen = parser.parse_args()
    voices = [
        json.loads(line) for line in chosen.file.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    right: dict[str, list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            for voice in voices:
                chat = Chat(server.url).open()
                lines = chat.say(voice["text"])
                found = answered(server.database, chat.conversation, lines, chat.slots(server.database))
                wanted = set().union(*(accepted(label) for label in (voice["label"], *voice["also"])))
                if voice["label"] == "denial":
                    wanted |= {f"deny_{label}" for label in voice["also"]}
                right[voice["label"]].append(bool(found & wanted))
                if chosen.wrong and not found & wanted:
                    sys.stdout.write(f"{voice['label']:<24} {sorted(found)}  {voice['text'][:110]}\n")
        finally:
            server.stop()
    for label, results in sorted(right.items()):
        sys.stdout.write(f"{label:<30}{sum(results):>4} of {len(results)}\n")
    every = [r for results in right.values() for r in results]
    sys.stdout.write(f"{'all':<30}{sum(every):>4} of {len(every)}   {sum(every) / len(every):.0%}\n")


if __name__ == "__main__":
    main()
