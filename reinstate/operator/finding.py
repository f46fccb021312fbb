"""What a check of `make doctor` finds: a line that begins with `OK`, or something wrong."""

from __future__ import annotations

OK, NOT_SET = "ok", "ok (not set)"


class Wrong(Exception):
    """Something that has to be mended; the message says how."""
