"""Which known names somebody may have meant by one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_ALIKE: Final = 0.6
"""Below it two words are not taken for the same one, written wrongly; 1 is equal."""


def nearest(word: str, known: Iterable[str], *, count: int = 3) -> tuple[str, ...]:
    """The known names most like a word, the likest first, without regard to case; at most
    ``count``, and none if none is like it."""
    spellings: dict[str, str] = {}
    for name in known:
        spellings.setdefault(name.lower(), name)
    found = difflib.get_close_matches(word.lower(), spellings, n=count, cutoff=_ALIKE)
    return tuple(spellings[name] for name in found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"did you mean A, B or C?"``, or ``""`` if nothing is like the word."""
    names = nearest(word, known)
    if not names:
        return ""
    *others, last = names
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"
