"""Makes or updates `.venv` with Python 3.10 and the locked packages.

    python3 setup/environment.py          what the bot runs on
    python3 setup/environment.py --dev    what checks it as well
    python3 setup/environment.py --lock   writes the requirement files anew (`make lock`)

A second start finds that nothing is to be done and ends at once.
"""
# This file alone is also read by Pythons older than 3.8, to say so instead of failing to parse.

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def main() -> int:
    """Do what the command line asks; the exit code."""
    if sys.version_info < (3, 8):  # noqa: UP036
        message = "error: setting up needs Python 3.8 or newer, this is {}.{}: name one, make PYTHON=... run"
        sys.exit(message.format(*sys.version_info[:2]))
    # In place of this file's own folder, whose module names are nobody else's business.
    sys.path[:1] = [ROOT]
    from setup.steps import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
