"""`InProcess`: an ASGI application without a socket, also for other threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
import pytest

from bitrix_events.testing.inprocess import InProcess
from tests.serving import PATIENCE

T = TypeVar("T")


async def in_another_thread(work: Coroutine[Any, Any, T]) -> T:
    return await asyncio.to_thread(asyncio.run, work)


async def asked(transport: InProcess, *paths: str) -> list[httpx.Response | BaseException]:
    requests = [httpx.Request("POST", f"https://app.test{path}", content=b"x") for path in paths]
    posts = map(transport.handle_async_request, requests)
    answers = await asyncio.gather(*posts, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, httpx.Response):
            await answer.aread()
    return answers


async def is_given_up(asking: Coroutine[Any, Any, T], begun: threading.Event) -> bool:
    """Ask, and want no answer any more once somebody has begun to make one."""
    task = asyncio.create_task(asking)
    await asyncio.to_thread(begun.wait, PATIENCE)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and the body, or fails."""
    if scope["path"] == "/broken":
        raise LookupError("no such page")
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode() + b" " + body})


@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_each_request_gets_its_answer_or_its_error(is_elsewhere: bool) -> None:
    asking = asked(InProcess(echo), "/a", "/broken", "/b")

    first, broken, second = await (in_another_thread(asking) if is_elsewhere else asking)

    assert isinstance(first, httpx.Response)
    assert isinstance(second, httpx.Response)
    assert (first.status_code, first.content, second.content) == (201, b"/a x", b"/b x")
    assert isinstance(broken, LookupError)


async def test_a_request_that_another_thread_gives_up_ends_here_too() -> None:
    begun, ended = threading.Event(), asyncio.Event()

    async def never(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    assert await in_another_thread(is_given_up(asked(InProcess(never), "/"), begun))

    await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_one_that_answers_after_the_asker_is_gone_disturbs_nobody() -> None:
    begun, answered = threading.Event(), asyncio.Event()

    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await echo(scope, receive, send)
            answered.set()

    assert await in_another_thread(is_given_up(asked(InProcess(stubborn), "/"), begun))

    await asyncio.wait_for(answered.wait(), PATIENCE)
