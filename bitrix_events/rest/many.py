"""Many commands in few requests, with one outcome for each.

Commands that have nothing to do with each other are sent side by side, and those that failed for a
passing reason again. Where one refers to another's result, or a failure is to stop the rest, they
are sent in order; the portal then stops at the first failure, so that nothing runs on a value that
does not exist, and what it did not run is sent in the next request.

Source: protocol.md 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from bitrix_events.errors import (
    AnswerTooLarge,
    InvalidRequest,
    NotExecuted,
    OperationTimeLimit,
    RestError,
)
from bitrix_events.rest.batch import (
    BATCH_BYTES,
    BATCH_SIZE,
    Command,
    Outcome,
    Ref,
    encode_command,
    encode_references,
    ended_by,
    is_batchable,
    references,
    with_references,
)
from bitrix_events.rest.dispatch import Dispatcher, is_harmless
from bitrix_events.rest.lifetime import Closed
from bitrix_events.rest.options import Options
from bitrix_events.rest.parameters import plain
from bitrix_events.rest.responses import Response
from bitrix_events.rest.retries import Tries, is_refusal, verdict
from bitrix_events.rest.turns import Priority

SIDE_BY_SIDE: Final = 8
"""Requests of one batch that are under way together."""

Told = Callable[[int], None]
"""Told how many more commands have their outcome."""


class Many:
    """Runs commands on one portal, with the same options for all."""

    def __init__(
        self, dispatcher: Dispatcher, options: Options, priority: Priority, told: Told | None = None
    ) -> None:
        self._dispatcher = dispatcher
        self._options = options
        self._priority = priority
        self._told = told or _ignore

    async def side_by_side(self, commands: Sequence[Command]) -> list[Outcome]:
        """Run commands that do not depend on each other.

        Raises:
            ValueError: a parameter has no form that can be sent; nothing was sent.
        """
        outcomes: list[Outcome | None] = [None] * len(commands)
        encoded: dict[int, str] = {}
        alone: list[int] = []
        for index, command in enumerate(commands):
            if is_batchable(command, by_caller=True):
                encoded[index] = encode_command(command)
            else:
                plain(command[1])
                alone.append(index)

        async def run_together(indices: Sequence[int]) -> None:
            found = await self._together(
                [commands[i][0] for i in indices], [encoded[i] for i in indices]
            )
            for index, outcome in zip(indices, found, strict=True):
                outcomes[index] = outcome

        async def run_alone(index: int) -> None:
            outcomes[index] = await self._alone(commands[index])
            self._told(1)

        jobs = [_job(run_together, group) for group in _requests(encoded)]
        jobs += [_job(run_alone, index) for index in alone]
        await _run_jobs(jobs)
        return [outcome for outcome in outcomes if outcome is not None]

    async def in_order(self, commands: Mapping[str | int, Command], *, halt: bool) -> list[Outcome]:
        """Run commands one after the other, each under a name that later ones may refer to.

        Raises:
            ValueError: a reference names no earlier command, or a parameter has no form that can
                be sent; nothing was sent.
        """
        _check_references(commands)
        for _, parameters in commands.values():
            plain(with_references(parameters, dict.fromkeys(references(parameters))))
        outcomes: dict[str | int, Outcome] = {}
        tries = Tries.of(self._options, self._priority)
        while len(outcomes) < len(commands):
            group = self._next_group(commands, outcomes, halt=halt)
            if group and (found := await self._group(group, tries)):
                outcomes |= found
                tries = Tries.of(self._options, self._priority)
            if halt and any(isinstance(outcome, RestError) for outcome in outcomes.values()):
                for name, (method, _) in commands.items():
                    outcomes.setdefault(name, self._not_run(method, "an earlier command failed"))
        self._told(len(commands))
        return [outcomes[name] for name in commands]

    # Side by side.

    async def _together(self, methods: Sequence[str], commands: Sequence[str]) -> list[Outcome]:
        """Up to fifty commands; those that failed for a passing reason are sent again."""
        outcomes: list[Outcome | None] = [None] * len(commands)
        tries = Tries.of(self._options, self._priority)
        pending, size = list(range(len(commands))), len(commands)
        while pending:
            group = pending[:size]
            paused = ""
            try:
                found = await self._dispatcher.outcomes(
                    [methods[i] for i in group],
                    [commands[i] for i in group],
                    self._options,
                    self._priority,
                    tries,
                )
            except RestError as error:
                found = [error.told_of(methods[i]) for i in group]
                if size > 1 and (isinstance(error, AnswerTooLarge) or error.maybe_executed):
                    size = (size + 1) // 2  # perhaps it is too much at once
                if isinstance(error, OperationTimeLimit) and error.method in methods:
                    paused = error.method.lower()  # the others need not suffer for it
            except Exception as error:
                found = [ended_by(error, methods[i], portal=self._dispatcher.domain) for i in group]
            if any(isinstance(o, RestError) and _is_failure(o) for o in found):
                tries.count()
            again = []
            for index, outcome in zip(group, found, strict=True):
                if isinstance(outcome, RestError):
                    harmless = is_harmless(methods[index], self._options)
                    splits = isinstance(outcome, AnswerTooLarge) and harmless and len(group) > 1
                    may_go = paused and paused != methods[index].lower()
                    if splits or may_go or tries.may_repeat(outcome, harmless=harmless):
                        again.append(index)
                        continue
                    outcome = verdict(outcome, harmless=harmless)
                outcomes[index] = outcome
            self._told(len(group) - len(again))
            pending = again + pending[len(group) :]
            if again:
                await self._pause(tries)
        return [outcome for outcome in outcomes if outcome is not None]

    async def _alone(self, command: Command) -> Outcome:
        try:
            return await self._dispatcher.call(*command, self._options, self._priority)
        except RestError as error:
            return error
        except Exception as error:
            return ended_by(error, command[0], portal=self._dispatcher.domain)

    # In order.

    def _next_group(
        self,
        commands: Mapping[str | int, Command],
        outcomes: dict[str | int, Outcome],
        *,
        halt: bool,
    ) -> dict[str | int, Command]:
        """The commands of the next request, with what is known already in place of references.

        A command whose references lead nowhere gets its outcome here, and is the last one that is
        looked at if a failure is to stop the rest.
        """
        group: dict[str | int, Command] = {}
        for name, (method, parameters) in commands.items():
            if name in outcomes:
                continue
            known: dict[Ref, Any] = {}
            for ref in references(parameters):
                target = outcomes.get(ref.command)
                if isinstance(target, RestError):
                    outcomes[name] = self._not_run(
                        method, f"it refers to {ref.command}, which failed"
                    )
                elif target is not None:
                    try:
                        known[ref] = ref.value_in(target.result)
                    except (LookupError, ValueError):
                        outcomes[name] = self._names_nothing(ref, method, was_run=False)
                else:
                    known[ref] = ref  # its target is in this group
            if name in outcomes:
                if halt:
                    break
                continue
            command = (method, with_references(parameters, known) if known else parameters)
            if not is_batchable(command, by_caller=True):
                return group or {name: command}
            group[name] = command
            if len(group) == BATCH_SIZE:
                break
        return group

    async def _group(
        self, group: Mapping[str | int, Command], tries: Tries
    ) -> dict[str | int, Outcome]:
        """Run one request up to its first failure; what it did not run, or what may be run again,
        has no outcome."""
        name, command = next(iter(group.items()))
        if not is_batchable(command, by_caller=True):
            return {name: await self._alone(command)}
        keys = {name: f"c{index}" for index, name in enumerate(group)}
        encoded = _first_request(
            encode_command((method, encode_references(parameters, keys)))
            for method, parameters in group.values()
        )
        names, commands = list(group)[: len(encoded)], list(group.values())[: len(encoded)]
        methods = [method for method, _ in commands]
        outcomes: dict[str | int, Outcome] = {}
        try:
            found = await self._halting(methods, encoded, tries)
        except RestError as error:
            for name, method in zip(names, methods, strict=True):
                harmless = is_harmless(method, self._options)
                outcomes[name] = verdict(error.told_of(method), harmless=harmless)
            return outcomes
        except Exception as error:
            portal = self._dispatcher.domain
            return {
                name: ended_by(error, method, portal=portal)
                for name, method in zip(names, methods, strict=True)
            }
        last = sum(not isinstance(outcome, NotExecuted) for outcome in found) - 1
        for index, (name, outcome) in enumerate(zip(names, found, strict=True)):
            method, parameters = commands[index]
            if isinstance(outcome, NotExecuted):
                break
            lost = [r for r in references(parameters) if not _leads_somewhere(r, outcomes)]
            if lost:
                outcome = self._names_nothing(lost[0], method, was_run=True)
            elif isinstance(outcome, RestError):
                harmless = is_harmless(method, self._options)
                if _is_failure(outcome):
                    tries.count()
                if index == last and tries.may_repeat(outcome, harmless=harmless):
                    await self._pause(tries)
                    break
                outcome = verdict(outcome, harmless=harmless)
            outcomes[name] = outcome
        return outcomes

    async def _halting(
        self, methods: Sequence[str], encoded: Sequence[str], tries: Tries
    ) -> list[Outcome]:
        """One request, made again as a whole if that does no harm."""
        return await tries.run(
            lambda: self._dispatcher.outcomes(
                methods, encoded, self._options, self._priority, tries, halt=True
            ),
            harmless=all(is_harmless(method, self._options) for method in methods),
            sleep=self._dispatcher.sleep,
        )

    async def _pause(self, tries: Tries) -> None:
        with suppress(Closed):  # whoever goes on is told so
            await self._dispatcher.sleep(tries.delay())

    def _not_run(self, method: str, why: str) -> NotExecuted:
        return NotExecuted(method, "NOT_EXECUTED", why, portal=self._dispatcher.domain)

    def _names_nothing(self, ref: Ref, method: str, *, was_run: bool) -> InvalidRequest:
        what = f"{ref.written(str(ref.command))} names nothing"
        if was_run:
            what += "; the portal ran the command with the last value on the way there"
        return InvalidRequest(
            method,
            "REFERENCE_WITHOUT_VALUE",
            what,
            portal=self._dispatcher.domain,
            maybe_executed=was_run,
        )


def _is_failure(error: RestError) -> bool:
    """Whether it counts as a try: a refusal by a limit and a request cut in two do not."""
    return not (is_refusal(error) or isinstance(error, AnswerTooLarge))


def _check_references(commands: Mapping[str | int, Command]) -> None:
    seen: set[str | int] = set()
    for name, (_, parameters) in commands.items():
        for ref in references(parameters):
            if ref.command not in seen:
                raise ValueError(f"{name!r} refers to {ref.command!r}, which is no earlier command")
        seen.add(name)


def _leads_somewhere(ref: Ref, outcomes: Mapping[str | int, Outcome]) -> bool:
    outcome = outcomes[ref.command]
    try:
        ref.value_in(outcome.result if isinstance(outcome, Response) else None)
    except (LookupError, ValueError):
        return False
    return True


def _requests(encoded: Mapping[int, str]) -> Iterator[list[int]]:
    """Which encoded commands go into one request, by their positions."""
    positions, start = list(encoded), 0
    while group := positions[start : start + BATCH_SIZE]:
        count = len(_first_request(encoded[index] for index in group))
        yield group[:count]
        start += count


def _first_request(commands: Iterable[str]) -> list[str]:
    """The first commands, as many as go into one request; at least one if there is any."""
    taken: list[str] = []
    size = 0
    for command in commands:
        size += len(command)
        if taken and size > BATCH_BYTES:
            break
        taken.append(command)
    return taken


def _job(work: Callable[[Any], Awaitable[None]], argument: Any) -> Callable[[], Awaitable[None]]:
    return lambda: work(argument)


async def _run_jobs(jobs: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Run jobs, some at a time. None raises: who is cancelled cancels them."""
    left = iter(jobs)

    async def work() -> None:
        for job in left:
            await job()

    workers = [asyncio.ensure_future(work()) for _ in range(min(SIDE_BY_SIDE, len(jobs)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _ignore(count: int) -> None:
    """Nobody wants to be told."""
