"""Why nothing can be done, for the person at the terminal."""

from __future__ import annotations

import os
import sys

from bitrix_events.errors import BitrixEventsError

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def print_error(error: BitrixEventsError) -> None:
    """Say it in one line."""
    is_coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    word = f"{_RED}error:{_PLAIN}" if is_coloured else "error:"
    print(f"{word} {error}", file=sys.stderr)
