"""One request to a portal: what opens it, where it is, and what it answers.

Source: protocol.md 4.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import SecretStr

from bitrix_events.errors import (
    AnswerTooLarge,
    InstallationGone,
    OperationTimeLimit,
    PortalBlocked,
    PortalFault,
    PortalMoved,
    PortalUnreachable,
    RateLimited,
    RestError,
    TokenExpired,
    TransportError,
)
from bitrix_events.metrics import rest_call
from bitrix_events.rest.access import Access, Authorization
from bitrix_events.rest.batch import Outcome
from bitrix_events.rest.codec import dump_json
from bitrix_events.rest.crowd import Crowd
from bitrix_events.rest.lifetime import Closed, Lifetime
from bitrix_events.rest.options import Options
from bitrix_events.rest.pace import Bucket, Limits, MethodTimes, shared_bucket
from bitrix_events.rest.responses import Response, read_answer
from bitrix_events.rest.retries import Tries, outcome_unknown
from bitrix_events.rest.transport import Answer, Transport
from bitrix_events.rest.turns import Priority, Turns, Waiting, no_room

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BEFORE_ALL: Final = min(Priority) - 1
"""The priority of a repeat."""
_LONGEST_REQUEST: Final = 90.0
"""Seconds; afterwards nobody comes from the portal's old address any more."""
_BEFORE_COMMANDS: Final = (RateLimited, TokenExpired, PortalBlocked, InstallationGone)
"""What the portal says of a request before it runs anything."""

Room = Callable[[], Awaitable[None]]
"""Waits until there is room in memory for what an answer holds."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """One request.

    Attributes:
        content: the JSON body; an object takes the token in, unless that goes in the header.
        token_in_header: for what looks at the order of parameters, and for bodies that are lists.
        half_done: whether an error may come after something was changed: a batch of REST 3.0 tells
            of nothing but the first error.
        room: if given, the answer stays the bytes that came until there is room for it.
    """

    method: str
    content: Any
    options: Options
    is_v3: bool = False
    token_in_header: bool = False
    half_done: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    room: Room | None = None


class Exchange:
    """Sends requests to one portal, each in its turn, and learns from the answers.

    Args:
        send_shared: as for `Turns`.
        crowd: the processes that send to the portal as well, if there are others.
    """

    def __init__(
        self,
        access: Access,
        transport: Transport,
        limits: Limits | None,
        send_shared: Callable[[list[Waiting]], None],
        crowd: Crowd | None,
    ) -> None:
        self._access = access
        self._crowd = crowd
        self._in_crowd = asyncio.Lock()
        self._transport = transport
        self._limits = limits
        self._send_shared = send_shared
        self._refused: SecretStr | None = None
        self._left_domain, self._left_at = "", 0.0
        self.lifetime = Lifetime()
        self.turns: Turns | None = None
        self.domain = ""
        self.times = MethodTimes(limits or Limits(), self._now)

    async def line(self) -> Turns:
        """The line in front of the portal."""
        if self.turns is None:
            await self._transport.prepare()
            self._meet((await self.authorize()).domain)
            self.lifetime.check()
        assert self.turns is not None
        return self.turns

    async def authorize(self) -> Authorization:
        """What opens the portal, as far as is known."""
        self.lifetime.check()
        return await self._access.authorize()

    async def send(
        self, raw: RawCall, tries: Tries, authorization: Authorization | None = None
    ) -> tuple[Response, Authorization]:
        """Send a request; follow a portal that moved and renew a token that expired, once each."""
        turns = await self.line()
        if authorization is None:
            authorization = await self.authorize()
        renewed = moved = False
        if authorization.token is not None and authorization.token == self._refused:
            authorization, renewed = await self.renew(authorization), True
        request_id = uuid4().hex
        while True:
            if self._is_news(authorization.domain):
                self._meet(authorization.domain)
            if renewed or moved:
                await self.until_room(raw.method, tries)
            bucket = turns.bucket
            if self._crowd is not None:
                await self._pass_crowd(self._crowd, raw.method, tries)
            sent_at = bucket.now()
            answer = await self._post(raw, authorization, request_id)
            if answer.status in _REDIRECTS:
                rest_call("redirected")
                if moved:
                    raise _moved_again(raw.method, authorization.domain, answer.status)
                origin = _origin(answer.location)
                authorization, moved = await self._relocate(authorization, origin), True
                continue
            if raw.room is not None and answer.status == 200:
                with suppress(Closed):  # the answer is there, and tells what was run
                    await self.lifetime.run(raw.room)
            outcome = self._read(raw, authorization, answer, request_id)
            if isinstance(outcome, Response):
                bucket.answered(sent_at)
                return outcome, authorization
            if renewed or not await self._is_expiry(outcome, raw, authorization, tries):
                await self.learn(outcome, bucket, sent_at, is_v3=raw.is_v3)
                raise _half_done(outcome) if raw.half_done else outcome
            authorization, renewed = await self.renew(authorization), True

    async def renew(self, refused: Authorization) -> Authorization:
        """A new token; meanwhile nobody goes, for it would be with the one that was refused."""
        with (await self.line()).held(), _nothing_run():
            authorization = await self.lifetime.run(self._access.renew, refused)
        self._refused = refused.token
        return authorization

    async def until_room(self, method: str, tries: Tries) -> None:
        """Wait until a request may be repeated, before all who stand in line.

        Raises:
            RateLimited: that would take longer than the call is willing to wait.
        """
        while wait := (await self.line()).bucket.take(_BEFORE_ALL):
            if wait > tries.patience_left:
                raise no_room(method, self.domain, wait)
            await self.sleep(wait)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many of the portal's seconds, but not for longer than the client is open.

        Raises:
            RuntimeError: the client is closed, or was closed meanwhile.
        """
        speed = self.turns.bucket.speed if self.turns is not None else 1.0
        await self.lifetime.run(asyncio.sleep, seconds / speed)

    async def learn(
        self, error: RestError, bucket: Bucket, sent_at: float, *, is_v3: bool = False
    ) -> None:
        """Take what a refusal says about the limits, and tell it to the other processes."""
        if isinstance(error, OperationTimeLimit):
            error.retry_after = self.times.refused(timed(error.method, is_v3=is_v3))
            return
        is_overrun = False
        if isinstance(error, RateLimited):
            is_overrun = bool(error.code)
            pause = error.retry_after = bucket.refused(sent_at, is_overrun=is_overrun)
        elif isinstance(error, PortalUnreachable) and error.status == 503:
            pause = bucket.refused(sent_at, is_overrun=False)
        else:
            return
        if self._crowd is not None:
            await self._crowd.refused(self.domain, bucket, pause, is_overrun=is_overrun)

    async def _pass_crowd(self, crowd: Crowd, method: str, tries: Tries) -> None:
        """Wait until a request, whose turn it is here, has room among those of other processes,
        too. Who comes later stands behind.

        Raises:
            RateLimited: that would take longer than the call is willing to wait.
        """
        bucket = (await self.line()).bucket
        if not self._in_crowd.locked() and not await crowd.take(self.domain, bucket):
            return
        async with self._in_crowd:
            while wait := await crowd.take(self.domain, bucket):
                if wait > tries.patience_left:
                    raise no_room(method, self.domain, wait)
                await self.sleep(wait)

    async def _relocate(self, refused: Authorization, origin: str) -> Authorization:
        with _nothing_run():
            authorization = await self.lifetime.run(self._access.relocate, refused, origin)
        self._left_domain, self._left_at = refused.domain, time.monotonic()
        return authorization

    def _is_news(self, domain: str) -> bool:
        """Whether the portal is elsewhere now. Calls that were authorized before it moved come with
        the old address for as long as a request lasts."""
        if domain == self.domain:
            return False
        return domain != self._left_domain or time.monotonic() > self._left_at + _LONGEST_REQUEST

    def _meet(self, domain: str) -> None:
        """Learn where the portal is: each address has a bucket of its own."""
        self.domain = domain
        former = self.turns.bucket if self.turns is not None else None
        bucket = shared_bucket(domain, self._limits, former=former)
        if self.turns is None:
            self.turns = Turns(domain, bucket, self._send_shared, self.times.typical_seconds)
        self.turns.portal, self.turns.bucket = domain, bucket

    def _now(self) -> float:
        """The moment, by the portal's seconds."""
        return time.monotonic() if self.turns is None else self.turns.bucket.now()

    async def _is_expiry(
        self, error: RestError, raw: RawCall, authorization: Authorization, tries: Tries
    ) -> bool:
        """Whether the call was turned away because its token has expired.

        REST 3.0 does not tell that from a refusal (protocol.md 4.6). Where the refusal may be that
        of a command after others, the older interface is asked, which does.
        """
        if authorization.token is None:
            return False
        if isinstance(error, TokenExpired) or not (raw.is_v3 and error.status == 401):
            return isinstance(error, TokenExpired)
        if not raw.half_done:
            return True
        question = RawCall("profile", {}, raw.options)
        try:
            await self.until_room(question.method, tries)
            if self._crowd is not None:
                await self._pass_crowd(self._crowd, question.method, tries)
            answer = await self._post(question, authorization, uuid4().hex)
        except Exception:  # it says nothing of the batch, which may have been run
            return False
        return isinstance(self._read(question, authorization, answer, ""), TokenExpired)

    async def _post(self, raw: RawCall, authorization: Authorization, request_id: str) -> Answer:
        """Send a request. Whatever goes wrong, no frame of the traceback holds a secret."""
        self.lifetime.check()
        try:
            return await self.lifetime.run(
                self._transport.post_json,
                _address(raw, authorization),
                _body(raw, authorization),
                headers=_headers(raw, authorization, request_id),
                timeouts=raw.options.timeouts,
            )
        except Closed:
            what = "the client was closed meanwhile"
            failure: RestError = PortalUnreachable(
                raw.method,
                what,
                portal=authorization.domain,
                maybe_executed=True,
                request_id=request_id,
            )
        except TransportError as error:
            failure = (AnswerTooLarge if error.too_large else PortalUnreachable)(
                raw.method,
                str(error),
                portal=authorization.domain,
                maybe_executed=error.sent,
                request_id=request_id,
            )
        except BaseException as error:
            error.__context__ = None
            raise error.with_traceback(None) from None
        rest_call(_outcome_name(failure))
        raise failure

    def _read(
        self, raw: RawCall, authorization: Authorization, answer: Answer, request_id: str
    ) -> Outcome:
        outcome = read_answer(
            raw.method,
            answer.status,
            answer.body,
            portal=authorization.domain,
            secrets=authorization.secrets,
            request_id=request_id,
        )
        authorization.sign(outcome)
        rest_call(_outcome_name(outcome))
        if isinstance(outcome, Response):
            if not raw.is_v3:
                self.times.learn(timed(raw.method), outcome.time)
            elif "idempotent-replayed" in answer.headers:
                return replace(outcome, replayed=True)
        return outcome


def timed(method: str, *, is_v3: bool = False) -> str:
    """What the working time of a method is kept under: REST 3.0 has methods of the same name."""
    return f"api/{method.lower()}" if is_v3 else method.lower()


@contextmanager
def _nothing_run() -> Iterator[None]:
    """The portal has turned the call away; what fails now says nothing about the call."""
    try:
        yield
    except RestError as error:
        error.maybe_executed = False
        raise


def _outcome_name(outcome: Outcome) -> str:
    """``ok``, or the class of the error, as `rest_call` wants it."""
    return "ok" if isinstance(outcome, Response) else _snake_case(type(outcome).__name__)


@cache
def _snake_case(name: str) -> str:
    return re.sub("(?<=.)(?=[A-Z])", "_", name).lower()


def _origin(location: str) -> str:
    """Where a redirect points to, without the path: that of a webhook is a password."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""


def _address(raw: RawCall, authorization: Authorization) -> str:
    root = authorization.v3_url if raw.is_v3 else authorization.base_url
    return root + raw.method


def _body(raw: RawCall, authorization: Authorization) -> bytes:
    if authorization.token is None or raw.token_in_header:
        return dump_json(raw.content)
    queue = "" if raw.is_v3 else raw.options.auth_connector
    named = {"auth_connector": queue} if queue else {}
    return dump_json({**named, **raw.content, "auth": authorization.token.get_secret_value()})


def _headers(raw: RawCall, authorization: Authorization, request_id: str) -> dict[str, str]:
    headers = {"X-Request-ID": request_id, **raw.headers}
    if authorization.token is not None and raw.token_in_header:
        headers["Authorization"] = f"Bearer {authorization.token.get_secret_value()}"
    return headers


def _half_done(error: RestError) -> RestError:
    """The error of a request that may have changed something before it came up, unless it can only
    be the first thing that was said, or tells itself what may have been run."""
    is_of_command = isinstance(error.content.get("error"), Mapping)
    is_first = isinstance(error, _BEFORE_COMMANDS) and not is_of_command
    if is_first or isinstance(error, PortalFault | PortalUnreachable):
        return error
    return outcome_unknown(error, "commands before it may have been run")


def _moved_again(method: str, portal: str, status: int) -> PortalMoved:
    what = "the portal redirects again from its new address"
    return PortalMoved(method, "", what, portal=portal, status=status)
