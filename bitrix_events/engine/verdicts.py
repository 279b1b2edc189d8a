"""Verdicts: what the end of an attempt means. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from bitrix_events.engine.loops import loop_note
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater
from bitrix_events.routing.router import Handler
from bitrix_events.store.records import DEATHS, Claim, State, Verdict

_NOTE_CHARACTERS: Final = 500
_UNKNOWN_HANDLER_SECONDS: Final = 900.0
_NO_THREAD_SECONDS: Final = 1.0
_BROKEN_SECONDS: Final = 60.0

Decision = RetryLater | Drop | GiveUp


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        error: what went wrong, for those who want to be told; None if nothing did.
        is_surprise: nobody has foreseen the error, so that its traceback belongs into the log.
        is_told: there is a line about it in the log already.
    """

    verdict: Verdict
    error: BaseException | None = None
    is_surprise: bool = False
    is_told: bool = False


DONE: Final = Outcome(Verdict(State.DONE))
INTERRUPTED: Final = Outcome(
    Verdict(State.WAITING, "interrupted by a stop of the app", counted=False)
)
DROPPED: Final = Outcome(
    Verdict(State.WAITING, "interrupted, as its process was silent for too long", counted=False)
)


def hopeless(handler: Handler, claim: Claim) -> Outcome | None:
    """The outcome of what is not worth an attempt."""
    if claim.deaths >= DEATHS:
        return dead(RuntimeError(f"{claim.deaths} processes died while this ran"), counted=False)
    done = _tries(claim) - 1
    if done >= handler.retry.attempts:
        note = f"no attempts are left after {done}: {claim.note}"
        return dead(RuntimeError(note), counted=False)
    return None


def no_handler(name: str) -> Outcome:
    """Nobody has this name; perhaps the next release knows it again."""
    note = f"no handler is named {name}; was it renamed? use name="
    return Outcome(Verdict(State.WAITING, note, _UNKNOWN_HANDLER_SECONDS, counted=False))


def no_thread(count: int) -> Outcome:
    """All threads were taken for too long."""
    note = f"all {count} threads for `def` handlers are taken"
    return Outcome(Verdict(State.WAITING, note, _NO_THREAD_SECONDS, counted=False))


def decided(
    decision: Decision, handler: Handler, claim: Claim, *, because: BaseException | None = None
) -> Outcome:
    """What a handler wants to become of it.

    Args:
        because: the error on account of which somebody else has decided so.
    """
    text = note(decision) if because is None else f"{note(decision)}: {described(because)}"
    if isinstance(decision, Drop):
        return Outcome(Verdict(State.SKIPPED, note(text)))
    if isinstance(decision, GiveUp):
        return Outcome(Verdict(State.DEAD, note(text)), because or decision)
    age = timedelta(seconds=claim.age_seconds)
    if not handler.retry.allows(decision.seconds, age=age):
        text = f"{text}; that is later than {handler.retry.max_age} after its first start"
        return Outcome(Verdict(State.DEAD, note(text)), because or decision)
    return Outcome(Verdict(State.WAITING, note(text), decision.seconds, counted=False), because)


def put_off(error: BaseException, seconds: float) -> Outcome:
    """The portal wants to be left alone; nobody has failed."""
    return Outcome(Verdict(State.WAITING, note(error), seconds, counted=False))


def paused(seconds: float) -> Outcome:
    """The loop guard makes the handler wait; nobody has failed."""
    verdict = Verdict(State.WAITING, loop_note(seconds), seconds, counted=False)
    return Outcome(verdict, is_told=True)


def looked_at(outcome: Outcome, snapshot: Mapping[str, Any]) -> Outcome:
    """The same, with what the handler has dealt with; unless it has failed."""
    if outcome.verdict.state not in (State.DONE, State.SKIPPED):
        return outcome
    return replace(outcome, verdict=replace(outcome.verdict, snapshot=snapshot))


def parked(error: BaseException) -> Outcome:
    """The portal has turned the app away; its work waits until it works for us again."""
    return Outcome(Verdict(State.WAITING, note(error), counted=False, parks=True))


def dealt_with(error: BaseException, by: str) -> Outcome:
    """A handler of errors has returned."""
    return Outcome(Verdict(State.DONE, note(f"{by} has dealt with {described(error)}")))


def failed(
    handler: Handler, claim: Claim, error: BaseException, text: str, *, is_surprise: bool
) -> Outcome:
    """Another attempt, or dead after the last one."""
    delay = handler.retry.delay_after(_tries(claim))
    if delay is None:
        verdict = Verdict(State.DEAD, note(text))
    else:
        verdict = Verdict(State.WAITING, note(text), delay)
    return Outcome(verdict, error, is_surprise)


def broken(error: Exception) -> Outcome:
    """The attempt itself could not be made. That is nobody's fault but ours."""
    return Outcome(Verdict(State.WAITING, note(f"not run: {described(error)}"), _BROKEN_SECONDS))


def dead(error: Exception, *, counted: bool) -> Outcome:
    """Nothing can help."""
    return Outcome(Verdict(State.DEAD, note(error), counted=counted), error)


def described(error: BaseException) -> str:
    """The error with its name."""
    return f"{type(error).__name__}: {note(error)}"


def _tries(claim: Claim) -> int:
    """The number of this attempt without those that a process has died in: they say nothing about
    the handler, and have a limit of their own."""
    return claim.delivery.attempt - claim.deaths


def note(what: object) -> str:
    """A text that can be stored, whatever somebody put into an exception."""
    try:
        text = str(what)
    except Exception:
        text = "(its text cannot be made)"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _NOTE_CHARACTERS else f"{text[:_NOTE_CHARACTERS]}…"
