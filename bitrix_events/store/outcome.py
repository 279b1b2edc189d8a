"""Awaiting what is told by a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def outcome(hand_in: Callable[[Callable[[T | Exception], None]], None]) -> T:
    """Hand something in, and wait until its outcome is told.

    Args:
        hand_in: given what is to be called with the result, or with the exception, on this event
            loop.

    Raises:
        Exception: the one that was told.
    """
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    hand_in(partial(_tell, future))
    return await future


def _tell(future: asyncio.Future[T], result: T | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
