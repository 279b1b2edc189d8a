"""How events travel from the portal to the app: late, lost, twice or out of order, as a test wants.

Source: protocol.md 1.9. An event that is lost is lost: a portal sends each of them once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Manner:
    """How events of some code travel; all but the delay are probabilities per POST."""

    delay: float = 0.0
    """Seconds until the POST is made."""
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one POST."""

    copies: int = 1
    delay: float = 0.0
    held: bool = False
    """Whether it waits until another event has been posted."""


_ORDINARY: Final = Manner()


class Delivery:
    """Decides what becomes of each POST."""

    def __init__(self) -> None:
        self._manners: dict[str, Manner] = {}
        self._for_others = _ORDINARY
        self._lost: Counter[str] = Counter()
        self._random = random.Random(0)

    def disturb(self, codes: Iterable[str], manner: Manner, seed: int) -> None:
        """From now on let events of these codes travel so; without codes, all of them."""
        if manner.delay < 0:
            raise ValueError("a delay is not negative")
        chances = (manner.loss, manner.duplication, manner.reordering)
        if not all(0 <= chance <= 1 for chance in chances):
            raise ValueError("probabilities are between 0 and 1")
        named = [code.upper() for code in codes]
        if named:
            self._manners.update(dict.fromkeys(named, manner))
        else:
            self._manners, self._for_others = {}, manner
        self._random = random.Random(seed)

    def lose_next(self, code: str, times: int) -> None:
        """Lose the next POSTs of an event."""
        self._lost[code.upper()] += times

    def fate_of(self, code: str) -> Fate:
        """What becomes of the POST that is about to be made."""
        manner = self._manners.get(code, self._for_others)
        if self._lost[code] > 0:
            self._lost[code] -= 1
            return Fate(copies=0)
        if manner is _ORDINARY:
            return Fate()
        draws = [self._random.random() for _ in range(3)]
        if draws[0] < manner.loss:
            return Fate(copies=0)
        copies = 2 if draws[1] < manner.duplication else 1
        return Fate(copies, manner.delay, held=draws[2] < manner.reordering)
