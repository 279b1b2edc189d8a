"""The pace of a portal where several processes send to it: they fill one bucket together."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Final, Protocol

from bitrix_events.errors import BitrixEventsError
from bitrix_events.rest.pace import Bucket, Clock, Limits

log = logging.getLogger(__name__)

_ANSWER_SECONDS: Final = 0.5
_ALONE_SECONDS: Final = 2.0
"""For how long a crowd is not asked again that has not answered."""
_SHARE: Final = 0.25
"""Of a portal's pace, for a process that cannot ask what the others send."""
_MOST_BUCKETS: Final = 10_000


class SharedPace(Protocol):
    """One bucket for each portal, filled by all processes that send to it."""

    async def take(self, host: str, *, burst: float, per_second: float) -> float:
        """Put a request into the bucket of a portal; nothing is put in if it has to wait.

        Args:
            burst: requests that may stand in the bucket.
            per_second: how many of them leak out in a second.

        Returns:
            0.0 if it is in; else the seconds after which it is worth trying again.

        Raises:
            BitrixEventsError: nobody can be asked just now.
        """

    async def refused(self, host: str, *, seconds: float, level: float | None = None) -> None:
        """Let nobody send to a portal for so long.

        Args:
            level: how full the bucket is at least, in requests, if the portal said so.
        """


class Crowd:
    """What other processes send to the portals that this one sends to, too.

    As long as nobody answers, a quarter of a portal's pace is for this process: four of them stay
    within it. Belongs to one event loop.
    """

    def __init__(self, pace: SharedPace, clock: Clock = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._is_alone = False
        self._alone_until = -math.inf
        self._alone: dict[str, Bucket] = {}

    async def take(self, host: str, bucket: Bucket) -> float:
        """Put a request, which is in the bucket of this process already, into that of all.

        Returns:
            0.0 if it is in; else the seconds after which it is worth trying again. The bucket of
            this process then lets nobody pass for so long.
        """
        limits, burst = bucket.limits, bucket.usable_burst
        if math.isinf(burst):
            return 0.0
        if self._clock() >= self._alone_until:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    wait = await self._pace.take(host, burst=burst, per_second=limits.per_second)
            except (BitrixEventsError, TimeoutError) as error:
                self._be_alone(error)
            else:
                if self._is_alone:
                    self._is_alone = False
                    self._alone.clear()
                    log.info("the pace of portals is shared with other processes again")
                if wait > 0:
                    bucket.filled(wait)
                return wait
        return self._alone_bucket(host, limits).take()

    async def refused(self, host: str, bucket: Bucket, seconds: float, *, is_overrun: bool) -> None:
        """Tell the others that a portal wants nothing for so long."""
        if self._clock() < self._alone_until:
            return
        level = bucket.limits.burst if is_overrun else None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._pace.refused(host, seconds=seconds, level=level)
        except (BitrixEventsError, TimeoutError) as error:
            self._be_alone(error)

    def _be_alone(self, error: Exception) -> None:
        if not self._is_alone:
            self._is_alone = True
            log.warning(
                "what other processes send to portals is not known (%s); a quarter of their pace is"
                " for this one",
                str(error) or "no answer in time",
            )
        self._alone_until = self._clock() + _ALONE_SECONDS

    def _alone_bucket(self, host: str, limits: Limits) -> Bucket:
        bucket = self._alone.get(host)
        if bucket is None:
            if len(self._alone) >= _MOST_BUCKETS:
                self._alone.clear()
            share = Limits(max(limits.burst * _SHARE, 1.0), limits.per_second * _SHARE)
            bucket = self._alone[host] = Bucket(share, self._clock, is_full=True)
        return bucket
