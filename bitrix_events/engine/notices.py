"""Notices: who wants to know of failures is told, once they are stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from bitrix_events import signals
from bitrix_events.engine.attempt import Attempts
from bitrix_events.engine.verdicts import Outcome
from bitrix_events.routing.hooks import Hook
from bitrix_events.store.records import Claim, State

log = logging.getLogger(__name__)

_SECONDS: Final = 60.0


class Notices:
    """Tells of failures and of dead letters. Whoever is told and fails disturbs nobody.

    Args:
        dead_letter: called for every execution that is dead.
        sender: whom signals come from.
    """

    def __init__(self, attempts: Attempts, dead_letter: Sequence[Hook], sender: object) -> None:
        self._attempts = attempts
        self._dead_letter = dead_letter
        self._sender = sender

    async def tell(self, claim: Claim, outcome: Outcome) -> None:
        """Tell of an outcome that is stored."""
        error, verdict, delivery = outcome.error, outcome.verdict, claim.delivery
        if error is None:
            return
        about = (
            delivery.portal,
            delivery.id,
            claim.execution_id,
            delivery.handler,
            delivery.code,
            delivery.entity,
            delivery.attempt,
            verdict.note,
            error,
        )
        is_dead = verdict.state is State.DEAD
        if signals.execution_failed.receivers:
            next_seconds = verdict.delay_seconds if verdict.state is State.WAITING else None
            failed = signals.ExecutionFailed(*about, next_seconds=next_seconds)
            await signals.emit(signals.execution_failed, self._sender, failed)
        if is_dead and signals.dead_lettered.receivers:
            dead = signals.DeadLettered(*about)
            await signals.emit(signals.dead_lettered, self._sender, dead)
        if is_dead:
            await self._call_hooks(claim, error)

    async def _call_hooks(self, claim: Claim, error: BaseException) -> None:
        for hook in self._dead_letter:
            try:
                async with asyncio.timeout(_SECONDS):
                    occasion = await self._attempts.occasion_of(claim)
                    await self._attempts.call(hook, occasion, error)
            except asyncio.CancelledError:
                raise
            except BaseException:
                log.exception("%s, which is told of dead letters, raised", hook.name)
