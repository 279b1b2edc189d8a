"""`FakePortal`: a Bitrix24 portal with its OAuth server, in memory, for tests and demonstrations.

It answers REST and OAuth calls over ASGI or a real socket, keeps records, and posts events to
whoever is bound. What it does not simulate it refuses, and says so in the log.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.testing.delivery import Manner
from bitrix_events.testing.faults import Fault, Faults, Reply, Trouble, ordered_error
from bitrix_events.testing.front import Front
from bitrix_events.testing.gate import Gate
from bitrix_events.testing.kinds import USER
from bitrix_events.testing.lifecycle import Lifecycle
from bitrix_events.testing.limits import Latency, LeakyBucket, Limits, Operating, OperatingTime
from bitrix_events.testing.methods import Habit, PortalState
from bitrix_events.testing.oauth import OAuthServer
from bitrix_events.testing.oauth_front import OAuthCall, OAuthFault, OAuthFront, OAuthPath
from bitrix_events.testing.records import Records
from bitrix_events.testing.rest import Call, RestApi
from bitrix_events.testing.sender import Binding, Sender, Sent
from bitrix_events.testing.serving import serve_on_socket
from bitrix_events.testing.site import (
    Site,
    app_environment,
    hex_id,
    webhook_environment,
)
from bitrix_events.testing.world import World


class FakePortal(Lifecycle, Records):
    """A portal with one app, one incoming webhook, and any number of outgoing webhooks.

    User 1 exists and administers the portal. Everything lives in the event loop that uses it; two
    portals share nothing.

    Args:
        domain: the address; while the portal is served it is ``127.0.0.1:PORT`` instead.
        clock: the portal's clock, in Unix seconds.
        outbound: how the portal reaches the app (``httpx.ASGITransport(app)``); None is the real
            network.
        scope: what the app may use, comma separated.
        limits: how many requests the portal takes; None is any number.
        operating: what execution time each method has, and what its calls cost; None is no limit.
        latency: how long an answer takes; None is no time.
        limits_clock: by which ``limits`` and ``operating`` recover; None is ``clock``.
        oauth_of: another portal whose OAuth host is this one's too, as one host serves all portals
            of the cloud; None is a host of its own.

    The other arguments are ids and secrets; those not given follow from the domain, so that they
    are the same in every run and differ between portals.
    """

    def __init__(
        self,
        *,
        domain: str = "acme.bitrix24.test",
        clock: Callable[[], float] = time.time,
        member_id: str | None = None,
        client_id: str = "local.000000000000a1.00000001",
        client_secret: str = "fake-client-secret",
        application_token: str | None = None,
        webhook_user_id: int = 1,
        webhook_code: str = "fakewebhookcode",
        scope: str = "crm,user,task",
        outbound: httpx.AsyncBaseTransport | None = None,
        limits: Limits | None = None,
        operating: Operating | None = None,
        latency: Latency | None = None,
        limits_clock: Callable[[], float] | None = None,
        oauth_of: FakePortal | None = None,
    ) -> None:
        member_id = member_id or hex_id("member", domain)
        site = Site(
            domain=domain,
            member_id=member_id,
            client_id=client_id,
            client_secret=client_secret,
            application_token=application_token or hex_id(member_id, client_id, client_secret),
            scope=scope,
            webhook_user_id=webhook_user_id,
            webhook_code=webhook_code,
        )
        oauth = OAuthServer(site, clock)
        sender = Sender(site, oauth, clock, outbound=outbound)
        super().__init__(PortalState(site, clock, World(clock), oauth, sender))
        self._faults = Faults()
        recovery = limits_clock or clock
        self._api = RestApi(self._state, OperatingTime(operating, recovery), self._faults)
        self._gate = Gate(LeakyBucket(limits, recovery), latency or Latency(), self._faults)
        self._oauth = OAuthFront(self._state)
        self._front = Front(self._state, self._api, self._gate, self._oauth)
        if oauth_of is not None:
            site.oauth_site = oauth_of._state.site
            oauth_of._oauth.serve_too(self._state)
        self._state.world.add(
            USER,
            {"NAME": "Ada", "LAST_NAME": "Admin", "EMAIL": "ada@example.org", "ADMIN": "Y"},
            user_id=1,
        )

    # Where the portal is, and how to reach it.

    @property
    def domain(self) -> str:
        return self._state.site.domain

    @property
    def member_id(self) -> str:
        return self._state.site.member_id

    @property
    def client_id(self) -> str:
        return self._state.site.client_id

    @property
    def client_secret(self) -> str:
        return self._state.site.client_secret

    @property
    def application_token(self) -> str:
        return self._state.site.application_token

    @property
    def base_url(self) -> str:
        """``https://acme.bitrix24.test`` in process, ``http://127.0.0.1:PORT`` while served."""
        return self._state.site.base_url

    @property
    def rest_url(self) -> str:
        """The REST root, which events name as ``client_endpoint``."""
        return self._state.site.rest_url

    @property
    def oauth_url(self) -> str:
        """The OAuth host: ``oauth/token/`` and ``rest/app.info`` are below it."""
        return self._state.site.oauth_url

    @property
    def webhook_url(self) -> str:
        """The REST root of the incoming webhook."""
        return self._state.site.webhook_url

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """A transport that reaches this portal in process, whatever host is asked for."""
        return httpx.ASGITransport(self)

    def environment(
        self, *, mode: Literal["app", "webhook"] = "app", **settings: str
    ) -> dict[str, str]:
        """The ``BITRIX_EVENTS_*`` variables that connect an app to this portal.

        Args:
            mode: with OAuth tokens, or with an incoming and an outgoing webhook.
            settings: further settings without their prefix: ``public_url="https://app.test"``.
        """
        site = self._state.site
        if mode == "app":
            variables = app_environment(site)
        else:
            variables = webhook_environment(site, self.webhook_token)
        variables |= {name.upper(): value for name, value in settings.items()}
        return {f"BITRIX_EVENTS_{name}": value for name, value in variables.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        await self._front(scope, receive, send)

    @contextlib.asynccontextmanager
    async def serve(
        self, port: int = 0, *, around: ASGIApp | None = None
    ) -> AsyncIterator[FakePortal]:
        """Listen on 127.0.0.1 for the length of the block; port 0 takes any free one.

        Inside, the portal's address is the socket's; afterwards it is the old one again. Events
        underway are waited for.

        Args:
            around: what answers in place of the portal, and hands on to it what it does not know.

        Raises:
            OSError: the port is taken.
        """
        site = self._state.site
        before = (site.scheme, site.domain)
        async with serve_on_socket(around or self, port=port) as address:
            site.settle("http", address)
            try:
                yield self
                await self.settled()
            finally:
                site.settle(*before)

    def raise_event(self, code: str, data: dict[str, Any], *, user_id: int = 1) -> None:
        """Send an event that no record of the fake stands behind: a task, a telephone call."""
        self._state.sender.raise_event(code.upper(), data, user_id=user_id)

    def answer(self, method: str, result: Any) -> None:
        """From now on let a REST method answer this, alone and in batches: one that the fake does
        not simulate, or instead of what it would answer; ``batch`` too.

        Args:
            result: the ``result`` of the answer; or a function that makes it of the parameters,
                without the authorisation. An `Answer` has ``total`` and ``next`` too.
        """
        self._api.order(method, result if callable(result) else lambda _: result)

    # Trouble.

    def expire_tokens(self) -> None:
        """All access tokens are past their hour: they answer 401 ``expired_token``."""
        self._state.oauth.expire_all()

    def move(
        self,
        new_domain: str,
        *,
        redirect: Literal[301, 302, 307, 308] | None = 302,
        keeps_path: bool = True,
    ) -> None:
        """Give the portal another address; the OAuth host stays, and names it in its answers.

        Args:
            redirect: the status that REST calls to any other host are redirected with; None lets
                them work there as before, so that only answers of the OAuth host and events tell.
            keeps_path: whether the redirect names the method too, or the new address alone.
        """
        site = self._state.site
        site.domain = new_domain
        site.redirect, site.redirect_keeps_path = redirect or 0, keeps_path

    def fail_oauth(
        self, path: OAuthPath, outcome: OAuthFault | str | int | Reply, *, times: int = 1
    ) -> None:
        """Let the next requests to the OAuth host end in another way.

        Args:
            path: ``oauth/token`` or ``app.info``.
            outcome: a fault; or the ``error`` of the answer; or the status of an HTML page; or an
                answer of the test's own. With the latter three nothing is executed.
            times: how many requests.
        """
        self._oauth.fail_next(path, outcome, times=times)

    @property
    def oauth_latency(self) -> float:
        """Seconds until the OAuth host answers, after it has executed the request."""
        return self._oauth.latency_seconds

    @oauth_latency.setter
    def oauth_latency(self, seconds: float) -> None:
        self._oauth.latency_seconds = seconds

    @property
    def refresh_grace(self) -> float:
        """For how many seconds a used refresh token is accepted once more, for a pair of its own;
        whether real ones are is not known (protocol.md 3.4)."""
        return self._state.oauth.grace_seconds

    @refresh_grace.setter
    def refresh_grace(self, seconds: float) -> None:
        self._state.oauth.grace_seconds = seconds

    def fail_next(
        self,
        method: str,
        code: str,
        *,
        status: int | None = None,
        times: int = 1,
        description: str = "",
    ) -> None:
        """Refuse the next calls of a method, alone or in a batch.

        Args:
            code: the ``error`` of the answer.
            status: the HTTP status; by default the one that the portal gives this code.
            times: how many calls.
        """
        error = ordered_error(code, description=description, status=status)
        self._api.fail_next(method, error, times=times)

    def disturb(
        self,
        chances: Mapping[Fault, float] | None = None,
        *,
        commands: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> None:
        """From now on let REST requests, and commands of batches, fail by chance.

        The same seed brings the same failures in the same order. Without arguments it stops.

        Args:
            chances: the probability of each fault, per HTTP request.
            commands: the probability of each error code, per command of a batch; a command that
                fails is not executed.
        """
        self._faults.disturb(chances or {}, commands or {}, seed)

    def fail_request(self, nth: int, fault: Trouble, *, times: int = 1) -> None:
        """Let REST requests fail.

        Args:
            nth: the first of them; the next request is number 1. One that is refused counts too.
            times: how many, one after the other.
        """
        self._faults.plan_request(nth, fault, times=times)

    def fail_command(self, nth: int, code: str = "INTERNAL_SERVER_ERROR") -> None:
        """Let a command of a batch fail, and not be executed: the next one is number 1."""
        self._faults.plan_command(nth, ordered_error(code))

    def disturb_events(
        self,
        *codes: str,
        delay: float = 0.0,
        loss: float = 0.0,
        duplication: float = 0.0,
        reordering: float = 0.0,
        seed: int = 0,
    ) -> None:
        """From now on let events of these codes, or all events, travel badly.

        The same seed brings the same accidents in the same order. Without options it stops.

        Args:
            delay: seconds until each POST is made.
            loss: the probability that an event is not sent; the portal never sends it again.
            duplication: the probability that it is sent twice.
            reordering: the probability that it is held back until another event has been posted,
                or until `settled` finds no other underway.
        """
        manner = Manner(delay, loss, duplication, reordering)
        self._state.sender.delivery.disturb(codes, manner, seed)

    def lose_event(self, code: str, *, times: int = 1) -> None:
        """Lose the next POSTs of an event; the portal never sends them again."""
        self._state.sender.delivery.lose_next(code, times)

    @property
    def latency(self) -> Latency:
        """How long an answer takes, of requests that come from now on; after as much as
        ``Latency(request=1000)`` no caller gets any."""
        return self._gate.latency

    @latency.setter
    def latency(self, latency: Latency) -> None:
        self._gate.latency = latency

    def quirk(self, method: str, *habits: Habit) -> None:
        """Give a list method these oddities; without any it has none."""
        self._state.habits[method.lower()] = frozenset(habits)

    @property
    def features(self) -> dict[str, str]:
        """What the portal's plan has, as ``feature.get`` answers: ``Y``, ``N`` or a text by code.
        To be changed in place."""
        return self._state.features

    @property
    def page_size(self) -> int:
        """Rows on a page of a list; 50 on every real portal."""
        return self._state.page_size

    @page_size.setter
    def page_size(self, rows: int) -> None:
        self._state.page_size = rows

    # What happened.

    def calls(self, method: str | None = None) -> list[Call]:
        """Every REST call received, those in batches included; of one method if given."""
        return [c for c in self._api.calls if method is None or c.method.lower() == method.lower()]

    @property
    def refreshes(self) -> int:
        """How many refreshes were granted, those included whose answer was lost."""
        return self._state.oauth.refreshes

    @property
    def oauth_calls(self) -> list[OAuthCall]:
        """Every request to the OAuth host."""
        return list(self._oauth.calls)

    @property
    def requests(self) -> int:
        """How many REST requests were received, refused ones included; a batch is one."""
        return self._gate.requests

    @property
    def refusals(self) -> int:
        """How many REST requests were refused because there were too many."""
        return self._gate.refusals

    @property
    def on_call(self) -> Callable[[Call], None] | None:
        """Called with each call just before it is executed, in batches too: it may change records
        while a list is read."""
        return self._api.on_call

    @on_call.setter
    def on_call(self, function: Callable[[Call], None] | None) -> None:
        self._api.on_call = function

    @property
    def sent(self) -> list[Sent]:
        """Everything posted to the app, in the order in which it was answered or failed."""
        return list(self._state.sender.sent)

    def forget(self, *, keep: int = 0) -> None:
        """Drop all but the last of `calls`, `oauth_calls` and `sent`; who is served for days needs
        the memory.

        Args:
            keep: how many of each stay.
        """
        for history in (self._api.calls, self._oauth.calls, self._state.sender.sent):
            del history[: max(0, len(history) - keep)]

    @property
    def bindings(self) -> list[Binding]:
        """Who is told about what: bindings of the app, of other apps and of outgoing webhooks."""
        return list(self._state.sender.bindings)

    @property
    def kept(self) -> int:
        """How many offline events wait in the queues of apps, reserved and failed ones included."""
        return len(self._state.sender.offline)

    async def settled(self) -> None:
        """Wait until every event on its way has been answered or has failed."""
        await self._state.sender.settled()
