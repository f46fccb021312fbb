"""What can go wrong while setting up, and what a person can do about it."""

from __future__ import annotations

import re


class SetupError(Exception):
    """Setting up cannot go on; the message is one line that names the mend."""


# How uv, pip and apt-get say it, and what we say; the first that matches counts. The graver and
# more exact ones stand first: a full disk also reads "failed to download". {0} is what a pattern
# caught.
_SIGNS: tuple[tuple[str, str], ...] = (
    (
        r"no space left on device|os error 28\b|disk quota exceeded|not enough free space",
        "the disk is full: free about 3 GB, then run this again",
    ),
    (
        r"hash mismatch for `([^`]+)`",
        "the download of {0} does not match its hash in the requirement files, so it was not installed: "
        "run this again; if it stays, undo changes to requirements*.txt or try another package index",
    ),
    (
        r"do not match the hashes|hash mismatch|hash sum mismatch",
        "a download does not match its hash, so it was not installed: "
        "run this again; if it stays, try another package index",
    ),
    (
        r"require-hashes.*must have|couldn't parse requirement|(?:expected|unexpected).*requirements.*\.txt",
        "a requirement file is damaged: restore it (git checkout requirements.txt requirements-dev.txt), "
        "or write it anew (make lock)",
    ),
    (
        r"invalid peer certificate|certificate_verify_failed|unknownissuer|certificate verify failed",
        "the package index shows a certificate that this machine does not trust: "
        "set SSL_CERT_FILE to your company's certificates, then run this again",
    ),
    (
        r"\b(401 unauthorized|403 forbidden|407 proxy authentication required)",
        "the package index or proxy refuses access ({0}): check its address and password",
    ),
    (
        r"network (?:connectivity )?(?:is|was) disabled",
        "uv is told to stay offline and its cache lacks packages: unset UV_OFFLINE, then run this again",
    ),
    (
        r"dns error|name resolution|name or service not known|failed to resolve|could not resolve"
        r"|connection refused|network is unreachable|no route to host|failed to establish a new connection"
        r"|unable to connect|could not connect|tcp connect error",
        "the network cannot be reached: check the connection, a proxy (HTTPS_PROXY) or your pip settings, "
        "then run this again",
    ),
    (
        r"timed out|timeout|connection reset|connection closed|broken pipe"
        r"|unexpected (?:eof|end of file)|incompletemessage|error decoding response body"
        r"|failed to extract|5\d\d (?:internal|bad gate|service)|error sending request"
        r"|request failed after|incompleteread|protocolerror",
        "a download broke off: run this again, what has arrived is kept",
    ),
    (
        r"there is no version of (\S+?)[ ,]|no matching distribution found for (\S+)",
        "the package index in use does not have {0}: use another (PIP_INDEX_URL), or unset UV_OFFLINE",
    ),
    (
        r"has no (?:usable )?wheels|no wheels (?:are available|with a matching)"
        r"|doesn't have a (?:source|wheel)",
        "a package does not exist for this kind of machine: use Linux, macOS or WSL on x86-64 or ARM",
    ),
    (
        r"failed to build `([^`]+)`|failed to download and build `([^`]+)`",
        "{0} could not be built: install a C compiler (Debian: apt-get install build-essential), "
        "then run this again",
    ),
    (
        r"permission denied|os error 13\b|read-only file system",
        "a file may not be written here: make this folder and the home folder your own, then run this again",
    ),
)


def explain(output: str) -> str | None:
    """The one line to say for what a failed tool printed; None if it is nothing foreseen."""
    for pattern, mend in _SIGNS:
        found = re.search(pattern, output, re.IGNORECASE)
        if found:
            return mend.format(next((group for group in found.groups() if group), ""))
    return None


def too_little_room(free: int, needed: int, folder: str) -> str | None:
    """What to say if `free` bytes are too few for `needed` bytes in a folder; None if they do."""
    if free >= needed:
        return None
    return (
        f"about {needed / 1e9:.0f} GB are needed and {free / 1e9:.1f} GB are free in {folder}: "
        "make room, then run this again"
    )
