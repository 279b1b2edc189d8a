"""Why nothing can be done, for the person at the terminal."""

from __future__ import annotations

import sys

from bitrix_events.errors import BitrixEventsError

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def print_error(error: BitrixEventsError) -> None:
    """Say it in one line."""
    word = f"{_RED}error:{_PLAIN}" if sys.stderr.isatty() else "error:"
    print(f"{word} {error}", file=sys.stderr)
