"""The fake portal in a process of its own, so that its work is not counted as the client's.

It takes orders as lines of JSON and answers each with one line: ``open`` makes a new portal in the
place of the old one, ``count`` tells what it has seen, ``titles`` what its deals are called,
``replay`` lets it repeat the answers it has given so far.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from starlette.types import Message, Receive, Scope, Send

from bitrix_events.testing import Call, FakePortal, Fault, Latency, Limits

_LATENCY = Latency(request=0.05, command=0.015)
_EXPIRES_AT_CALL = 60
_MOVES_AT_CALL = 120


class ReplayingPortal(FakePortal):
    """Can repeat its answers to the same requests from memory, which costs it next to nothing:
    what remains is the time of the client.

    Attributes:
        replays: whether it does.
        keeps: whether it keeps its answers for that.
        replayed: how many requests were answered from memory.
    """

    replays = False
    keeps = False
    replayed = 0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._answers: dict[tuple[str, bytes], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.keeps:
            await super().__call__(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        key = (scope["path"], body)
        answer = self._answers.get(key)
        if self.replays and answer is not None:
            self.replayed += 1
            for message in answer:
                await send(message)
            return
        kept: list[Message] = []

        async def receive_again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            kept.append(message)
            await send(message)

        await super().__call__(scope, receive_again, keep)
        self._answers[key] = kept


async def main() -> None:
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    stack = AsyncExitStack()
    portal = ReplayingPortal()
    while line := await orders.readline():
        order = json.loads(line)
        answer: Any
        match order.pop("do"):
            case "open":
                await stack.aclose()
                portal = made(**order)
                gc.collect()
                gc.freeze()  # its records shall not cost anything while it answers
                await stack.enter_async_context(portal.serve())
                answer = facts_of(portal)
                if order["moving"]:
                    disrupt(portal)
            case "count":
                methods = Counter(call.method.lower() for call in portal.calls())
                answer = {
                    "requests": portal.requests + portal.replayed,
                    "refusals": portal.refusals,
                    "commands": sum(methods.values()) - methods["batch"],
                }
            case "replay":
                portal.replays = True
                answer = None
            case "titles":
                answer = Counter(record["TITLE"] for record in portal.records("deal"))
            case other:
                raise ValueError(other)
        print(json.dumps(answer), flush=True)
    await stack.aclose()


def made(
    *,
    count: int,
    shape: str,
    limited: bool,
    slow: bool,
    disturbed: bool,
    moving: bool,
    replays: bool,
    times: float = 1.0,
) -> ReplayingPortal:
    """A portal with so many deals; `disrupt` does what ``moving`` wants, once it is served,
    and the order ``replay`` what ``replays`` prepares. It is so many ``times`` as fast as a real
    one: what it takes in a second, and how soon it answers."""
    latency = Latency(_LATENCY.request / times, _LATENCY.command / times)
    portal = ReplayingPortal(
        limits=Limits(per_second=Limits().per_second * times) if limited else None,
        latency=latency if slow else Latency(),
    )
    portal.keeps = replays
    portal.fill("deal", ids=ids_of(shape, count), TITLE="Deal", OPPORTUNITY=5)
    if disturbed:
        portal.disturb(
            {Fault.BUSY_AFTER: 0.03, Fault.RESET_AFTER: 0.005, Fault.RESET_BEFORE: 0.005},
            commands={"INTERNAL_SERVER_ERROR": 0.002},
            seed=7,
        )
    return portal


def ids_of(shape: str, count: int) -> Iterable[int]:
    match shape:
        case "dense":
            return range(1, count + 1)
        case "third deleted":
            return [number for number in range(1, 2 * count) if number % 3][:count]
        case "two clusters":
            half = count // 2
            return [*range(1, half + 1), *range(50_000_000, 50_000_000 + count - half)]
    raise ValueError(shape)


def facts_of(portal: FakePortal) -> dict[str, str]:
    """What a client must know."""
    tokens = portal.issue_tokens()
    return {
        "webhook_url": portal.webhook_url,
        "rest_url": portal.rest_url,
        "oauth_url": portal.oauth_url,
        "member_id": portal.member_id,
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "next_domain": _next_domain(portal),
    }


def disrupt(portal: FakePortal) -> None:
    """Let the tokens expire and the portal move, in the middle of what is done with it."""
    seen = 0

    def watch(call: Call) -> None:
        nonlocal seen
        seen += 1
        if seen == _EXPIRES_AT_CALL:
            portal.expire_tokens()
        elif seen == _MOVES_AT_CALL:
            portal.move(_next_domain(portal))

    portal.on_call = watch


def _next_domain(portal: FakePortal) -> str:
    return portal.domain.replace("127.0.0.1", "localhost")


if __name__ == "__main__":
    uvloop.run(main())
