"""What is deleted in the course of time, whatever keeps it: little by little, each step in a
transaction of its own, so that nobody waits long for one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

USER_TOKEN_SECONDS: Final = 24 * 3600.0
"""For how long the tokens of users that came with deliveries are kept."""

Pruning = Callable[[int, int], Awaitable[tuple[int, int | None]]]
"""Deletes old deliveries behind an id, so many at most: how many there were, and the id to go on
behind; None at the end."""
Dropping = Callable[[tuple[str, str]], Awaitable[tuple[str, str] | None]]
"""Deletes some old facts behind a place: the place to go on behind; None at the end."""


async def prune(some: Pruning, limit: int) -> int:
    """Delete so many old deliveries at most; how many there were."""
    pruned, after = 0, 0
    while pruned < limit:
        count, following = await some(after, limit - pruned)
        pruned += count
        if following is None:
            break
        after = following
    return pruned


async def drop_facts(some: Dropping) -> None:
    """Delete all facts that are old."""
    place: tuple[str, str] | None = ("", "")
    while place is not None:
        place = await some(place)
