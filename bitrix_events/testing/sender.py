"""Builds the bodies that a portal posts, in exact wire form, and posts each of them once.

Source: protocol.md 1.2 to 1.6, 1.9 and 1.11.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from bitrix_events.testing.catalog import WITH_REFRESH_TOKEN, WITHOUT_TOKENS
from bitrix_events.testing.delivery import Delivery
from bitrix_events.testing.oauth import ACCESS_SECONDS, OAuthServer
from bitrix_events.testing.offline import NO_QUEUE, OfflineQueues, Queue
from bitrix_events.testing.site import Site, hex_id
from bitrix_events.wire.form import FORM_TYPE, encode_form

_ANSWER_SECONDS: Final = 15.0
_HEADERS: Final = {
    "Content-Type": FORM_TYPE,
    "User-Agent": "Bitrix24 Webhook Engine",
}


@dataclass(frozen=True, slots=True)
class Binding:
    """A subscription: this event goes to this URL."""

    event: str
    handler: str
    auth_type: int = 0
    """The user whose token every event carries; 0 means the user who acted."""
    id: int = 0
    webhook_token: str | None = field(default=None, repr=False)
    """The token of the outgoing webhook that this is part of; None for a binding of an app."""
    client_id: str = ""
    """The app that this belongs to, ours or another; empty for an outgoing webhook."""
    offline: bool = False
    """Whether the event waits in a queue instead; then there is no handler."""
    connector_id: str = ""
    """The name of that queue."""
    min_timeout: float = field(default=1.0, compare=False)
    """ONOFFLINEEVENT only: seconds between two of them."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One POST of the portal and what became of it."""

    code: str
    """The event code, or the placement of a page."""
    url: str
    body: bytes = field(repr=False)
    status: int | None
    """The HTTP status of the answer; None if there was none."""
    error: str | None = None
    at: float = field(default=0.0, compare=False)
    """When it was answered or had failed: Unix seconds, by the portal's clock."""


class Sender:
    """The cloud queue of the portal: it knows who listens and tells them.

    Args:
        outbound: how the app is reached; None is the real network.
    """

    def __init__(
        self,
        site: Site,
        oauth: OAuthServer,
        clock: Callable[[], float],
        *,
        outbound: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.bindings: list[Binding] = []
        self.sent: list[Sent] = []
        self.offline = OfflineQueues(clock)
        self.delivery = Delivery()
        self._site = site
        self._oauth = oauth
        self._clock = clock
        self._outbound = outbound
        self._underway: set[asyncio.Task[None]] = set()
        self._held: list[tuple[str, str, bytes]] = []
        self._last_binding_id = 0

    def bind(self, binding: Binding) -> Binding:
        """Send an event to a URL from now on; returns the binding with its id."""
        bound = self.numbered(binding)
        self.bindings.append(bound)
        return bound

    def numbered(self, binding: Binding) -> Binding:
        """The binding with an id that no other has."""
        self._last_binding_id += 1
        return replace(binding, id=self._last_binding_id)

    def raise_event(
        self,
        code: str,
        data: Mapping[str, Any],
        *,
        user_id: int,
        client_id: str | None = None,
        besides: str = "",
        made_by: Queue = NO_QUEUE,
    ) -> None:
        """Post an event to everybody bound to it, in the background, and put it into the queues of
        those who are bound to it offline.

        The app hears nothing before it is installed, nor while it is not paid for; other apps and
        outgoing webhooks are heard always.

        Args:
            user_id: 0 stands for an event without a user (a robot, an import), which carries no
                tokens.
            client_id: the only app that is told.
            besides: a URL that is told already.
            made_by: the queue that does not hear of it, as its owner has caused it.
        """
        queued: dict[str, None] = {}
        for binding in self.bindings:
            if binding.event != code or (besides and binding.handler == besides):
                continue
            if client_id is not None and binding.client_id != client_id:
                continue
            if binding.client_id == self._site.client_id and not self._is_heard(code):
                continue
            if binding.offline:
                queue = Queue(binding.client_id, binding.connector_id)
                if queue != made_by:
                    self.offline.put(queue, code, data, user_id=user_id)
                    queued[binding.client_id] = None
                continue
            if code == "ONOFFLINEEVENT" and not self.offline.is_time_to_ring(
                binding.id, binding.min_timeout
            ):
                continue
            self._send(code, binding, data, user_id)
        for owner in queued:
            self.raise_event("ONOFFLINEEVENT", {}, user_id=user_id, client_id=owner)

    def _send(self, code: str, binding: Binding, data: Mapping[str, Any], user_id: int) -> None:
        """Post an event in the background, once unless a test has ordered otherwise."""
        fate = self.delivery.fate_of(code)
        if not fate.copies:
            return
        body = self.event_body(code, data, user_id=user_id, binding=binding)
        posts = [(code, binding.handler, body)] * fate.copies
        if fate.held:
            self._held += posts
            return
        # Whatever was held back is overtaken by this one.
        posts, self._held = posts + self._held, []
        self._start(self._post_in_order(posts, fate.delay))

    def _start(self, posting: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(posting)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _post_in_order(self, posts: list[tuple[str, str, bytes]], delay: float) -> None:
        if delay:
            await asyncio.sleep(delay)
        for post in posts:
            await self.post_and_forget(*post)

    def _is_heard(self, code: str) -> bool:
        """Whether our app is told of an event, if it is bound to it."""
        return self._oauth.installed and (self._oauth.paid or code == "ONAPPPAYMENT")

    async def settled(self) -> None:
        """Wait until nothing is underway, also nothing that was raised while waiting. What was held
        back goes last."""
        while self._underway or self._held:
            if not self._underway:
                posts, self._held = self._held, []
                self._start(self._post_in_order(posts, 0.0))
            await asyncio.wait(self._underway)

    def event_body(
        self,
        code: str,
        data: Mapping[str, Any],
        *,
        user_id: int,
        binding: Binding | None = None,
        domain: str = "",
    ) -> bytes:
        """The body of an event; without a binding it has no ``event_handler_id`` (ONAPPINSTALL).

        Args:
            domain: what the authorisation names as ``domain``, if not the portal's own.
        """
        body: dict[str, Any] = {"event": code}
        if binding is not None:
            body["event_handler_id"] = binding.id
        body |= {"data": data, "ts": int(self._clock())}
        if binding is not None and binding.webhook_token is not None:
            body["auth"] = self._webhook_auth(binding.webhook_token)
        else:
            auth_user = (binding.auth_type if binding else 0) or user_id
            client_id = binding.client_id if binding else self._site.client_id
            body["auth"] = self._app_auth(code, auth_user, client_id)
        if domain:
            body["auth"]["domain"] = domain
        return encode_form(body)

    async def post(self, code: str, url: str, body: bytes) -> httpx.Response:
        """Post a body and note what became of it.

        Raises:
            Exception: whatever the transport raises; an app reached in process raises its own
                errors.
        """
        try:
            if self._outbound is not None:
                # Without a client of httpx, which would take longer than all the rest.
                address = _address(url)
                headers = {
                    **_HEADERS,
                    "Host": address.netloc.decode(),
                    "Content-Length": str(len(body)),
                }
                request = httpx.Request(
                    "POST", address, headers=headers, stream=httpx.ByteStream(body)
                )
                answer = await self._outbound.handle_async_request(request)
                await answer.aread()
            else:
                async with httpx.AsyncClient(
                    verify=self._tls, timeout=_ANSWER_SECONDS, trust_env=False
                ) as client:
                    answer = await client.post(url, content=body, headers=_HEADERS)
        except Exception as error:
            self.sent.append(Sent(code, url, body, None, repr(error), at=self._clock()))
            raise
        self.sent.append(Sent(code, url, body, answer.status_code, at=self._clock()))
        return answer

    async def post_and_forget(self, code: str, url: str, body: bytes) -> None:
        """Post a body; a failure is noted in `sent` and goes no further, as on the portal."""
        with contextlib.suppress(Exception):
            await self.post(code, url, body)

    async def post_page(self, url: str, *, user_id: int) -> httpx.Response:
        """Open the install page: the form that the user's browser submits (protocol.md 1.11)."""
        site = self._site
        pair = self._oauth.issue(user_id)
        query = {
            "DOMAIN": site.domain,
            "PROTOCOL": "1" if site.scheme == "https" else "0",
            "LANG": site.language,
            "APP_SID": hex_id("page", pair.access_token),
        }
        form = {
            "AUTH_ID": pair.access_token,
            "AUTH_EXPIRES": ACCESS_SECONDS,
            "REFRESH_ID": pair.refresh_token,
            "SERVER_ENDPOINT": site.server_endpoint,
            "APPLICATION_TOKEN": site.application_token,
            "APPLICATION_SCOPE": site.scope,
            "member_id": site.member_id,
            "status": site.status,
            "PLACEMENT": "DEFAULT",
        }
        page_url = url + ("&" if "?" in url else "?") + urlencode(query)
        return await self.post("DEFAULT", page_url, encode_form(form))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _webhook_auth(self, token: str) -> dict[str, Any]:
        site = self._site
        return {
            "domain": site.domain,
            "client_endpoint": site.rest_url,
            "server_endpoint": site.server_endpoint,
            "member_id": site.member_id,
            "application_token": token,
        }

    def _app_auth(self, code: str, user_id: int, client_id: str) -> dict[str, Any]:
        site = self._site
        application_token = site.application_token_of(client_id)
        if not user_id or code in WITHOUT_TOKENS:
            return {
                "domain": site.domain,
                "member_id": site.member_id,
                "application_token": application_token,
            }
        pair = self._oauth.issue(user_id, client_id=client_id)
        return {
            "access_token": pair.access_token,
            "expires": pair.expires,
            "expires_in": ACCESS_SECONDS,
            "scope": site.scope,
            "domain": site.domain,
            "server_endpoint": site.server_endpoint,
            "status": site.status,
            "client_endpoint": site.rest_url,
            "member_id": site.member_id,
            "user_id": user_id,
            # Left out by the encoder where None.
            "refresh_token": pair.refresh_token if code in WITH_REFRESH_TOKEN else None,
            "application_token": application_token,
        }


@lru_cache(maxsize=64)
def _address(url: str) -> httpx.URL:
    return httpx.URL(url)
