"""Subscriptions on the portal: what the handlers need against what is there.

Only what this app has subscribed itself is ever changed. What a portal sends is known by where it
goes to; offline events, which the portal keeps until they are fetched, by the queue that they wait
in: see `portals.queues`.

Source: protocol.md 8.1 and 8.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bitrix_events.errors import BatchError, InstallationChanged, OutcomeUnknown, RestError
from bitrix_events.events import OnAppPayment, OnAppUninstall, OnSubscriptionRenew
from bitrix_events.portals.queues import (
    DOORBELL,
    QUEUE,
    Plan,
    chosen_queue,
    entries_besides,
    entry,
    is_entry,
    plan_of,
)
from bitrix_events.rest.client import Client
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation
from bitrix_events.wire.numbers import whole_number

NOT_BOUND: Final = frozenset({"ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY"})
"""Sent to the install address without a subscription, and proven there. Whoever has subscribed to
one all the same, the portal itself for example, is left alone."""

_DOORBELL_SECONDS: Final = 5
"""At most so often a portal tells that there are offline events. Whoever fetches some looks again
after that time, as the last ones are not told of."""
_TRIES: Final = 5
_LOOK_AGAIN_SECONDS: Final = 0.2

Command = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the handlers need.

    Attributes:
        url: where events go, exactly as the portal is to call it; ``""`` if it cannot call us. Then
            nothing is changed about what it sends.
        codes: of the events that it is to send.
        optional: of further events, which not every portal offers.
        offline: of the events that it is to keep until they are fetched.
        queue: name of the queue that those wait in, where the portal's plan has such names.
    """

    url: str
    codes: frozenset[str]
    optional: frozenset[str] = frozenset()
    offline: frozenset[str] = frozenset()
    queue: str = QUEUE

    @classmethod
    def by_handlers(
        cls, url: str, codes: Collection[str], *, offline: Collection[str] = (), queue: str = QUEUE
    ) -> Wanted:
        """For these codes; and for what the framework itself follows: the end of the app, whether
        it is paid for, and that there are offline events."""
        kept = frozenset(code.upper() for code in offline)
        if not url:
            return cls("", frozenset(), offline=kept, queue=queue)
        required = frozenset(code.upper() for code in codes) | {OnAppUninstall.CODE}
        if kept:
            required |= {DOORBELL}
        optional = frozenset({OnAppPayment.CODE, OnSubscriptionRenew.CODE})
        return cls(url, required, optional - required, kept, queue)

    def is_met_by(self, installation: Installation) -> bool:
        """Whether the portal was told already. It may send more: what somebody else needs who works
        for the same portals, or a release that is being replaced."""
        bound = frozenset(installation.bound_codes)
        is_there = not self.url or installation.bound_url == self.url
        is_kept = all(bound & {entry(code, self.queue), entry(code, "")} for code in self.offline)
        return is_there and is_kept and self.codes - NOT_BOUND <= bound


@dataclass(frozen=True, slots=True)
class Binding:
    """One subscription of the app, as ``event.get`` tells of it.

    Attributes:
        event: the code, upper case.
        handler: the address; ``""`` for an offline one.
        auth_type: the user whose token every event carries; 0 is the one who acted.
        offline: the portal collects the events, instead of sending them.
        connector_id: name of the offline queue.
    """

    event: str
    handler: str = ""
    auth_type: int = 0
    offline: bool = False
    connector_id: str = ""

    @property
    def place(self) -> str:
        """Where its events go, for people."""
        if not self.offline:
            return f"at {self.handler}"
        return "in an offline queue" + (f" named {self.connector_id}" if self.connector_id else "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to happen so that a portal sends what is wanted.

    Attributes:
        bind: codes to subscribe to.
        unbind: subscriptions of ours that nobody wants any more.
        keep: codes that are subscribed.
        foreign: subscriptions of somebody else with the same app, which stay.
        bind_offline: codes of the events that the portal is to keep from now on.
        keep_offline: codes of those that it keeps already.
        queue: name of the queue that they wait in; ``""`` for the one without a name.
        lacking: codes that were to be kept, which the portal's plan does not allow.
    """

    bind: tuple[str, ...] = ()
    unbind: tuple[Binding, ...] = ()
    keep: tuple[str, ...] = ()
    foreign: tuple[Binding, ...] = ()
    bind_offline: tuple[str, ...] = ()
    keep_offline: tuple[str, ...] = ()
    queue: str = ""
    lacking: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing has to happen."""
        return not self.bind and not self.unbind and not self.bind_offline

    def without_pruning(self, url: str) -> Difference:
        """The difference if nothing ends that is subscribed at this address, or offline."""
        stays = [b for b in self.unbind if b.offline or b.handler == url]
        kept = {*self.keep, *(b.event for b in stays if not b.offline)}
        kept_offline = {*self.keep_offline, *(b.event for b in stays if b.offline)}
        return replace(
            self,
            unbind=tuple(b for b in self.unbind if b not in stays),
            keep=tuple(sorted(kept)),
            keep_offline=tuple(sorted(kept_offline)),
        )


async def compare(
    client: Client, wanted: Wanted, *, old_url: str = "", bound: Collection[str] = ()
) -> Difference:
    """Compare what the portal sends and keeps with what is wanted.

    Args:
        old_url: the address that we last subscribed; what goes there is ours as well.
        bound: `Installation.bound_codes`, by which offline events without a queue's name are ours.

    Raises:
        RestError: the portal did not tell; webhooks may not ask, for example.
    """
    response = await client.call("event.get")
    present = [binding for item in _mappings(response.result) if (binding := _binding(item))]
    if wanted.optional:
        wanted = replace(wanted, optional=wanted.optional & await _offered(client))
    plan = await plan_of(client) if wanted.offline else Plan()
    queue = chosen_queue(wanted.queue, bound, plan)
    sent = [binding for binding in present if not binding.offline]
    kept = [binding for binding in present if binding.offline]
    difference = _difference(sent, wanted, old_url if wanted.url else "")
    return _with_offline(difference, kept, wanted, plan, queue, bound)


async def _offered(client: Client) -> frozenset[str]:
    """Codes of the events that the portal offers to the app."""
    result = (await client.call("events")).result
    names = result if isinstance(result, list) else []
    return frozenset(str(name).upper() for name in names)


async def synchronise(
    client: Client,
    installations: Installations,
    portal: str,
    wanted: Wanted,
    *,
    prune: bool = True,
) -> Difference:
    """Make the portal send what is wanted, and remember that it does.

    A subscription at an old address ends only after its event is subscribed at the new one.

    Args:
        portal: key of the installation.
        prune: whether events end that nobody wants any more. Those at an old address do anyway.

    Returns:
        The difference that there was.

    Raises:
        BatchError: events that the portal refused, by code; everything else was done.
        RestError: the portal did not tell what it sends.
        InstallationChanged: it is done, but could not be remembered.
    """
    installation = await installations.installation(portal)
    old_url, known = (
        (installation.bound_url, installation.bound_codes) if installation else ("", ())
    )
    difference = await compare(client, wanted, old_url=old_url, bound=known)
    if not prune:
        difference = difference.without_pruning(wanted.url)
    bound, refused = await _apply(
        client, {code: _bind(code, wanted.url) for code in difference.bind}
    )
    kept, not_kept = await _apply(
        client,
        {code: _bind_offline(code, difference.queue) for code in difference.bind_offline},
        one_by_one=True,
    )
    # What cannot be had at the new address goes on at the old one.
    over = [b for b in difference.unbind if b.offline or b.event not in refused]
    ended, not_ended = await _apply(client, {_at(b): _unbind(b) for b in over if not b.offline})
    dropped, not_dropped = await _apply(
        client, {_at(b): _unbind(b) for b in over if b.offline}, one_by_one=True
    )
    left = [b for b in difference.unbind if _at(b) not in {*ended, *dropped}]
    entries = {entry(code, difference.queue) for code in (*difference.keep_offline, *kept)}
    entries |= {entry(b.event, b.connector_id) for b in left if b.offline}
    sent = None
    if wanted.url:
        sent = _subscribed(
            wanted.url, {*difference.keep, *bound}, [b for b in left if not b.offline]
        )
    await _remember(installations, portal, sent, difference.queue, entries)
    errors = {**refused, **_offline(not_kept), **not_ended, **not_dropped}
    if errors:
        results = {**bound, **_offline(kept), **ended, **dropped}
        raise BatchError(portal=client.domain, results=results, errors=errors)
    return difference


def _difference(present: Collection[Binding], wanted: Wanted, old_url: str) -> Difference:
    codes = (wanted.codes | wanted.optional) - NOT_BOUND
    keep: set[str] = set()
    unbind: set[Binding] = set()
    foreign: list[Binding] = []
    for binding in present:
        is_at_ours = binding.handler in {wanted.url, old_url} and binding.handler != ""
        if not is_at_ours or binding.auth_type or binding.event in NOT_BOUND:
            foreign.append(binding)
        elif binding.handler == wanted.url and binding.event in codes:
            keep.add(binding.event)
        else:
            unbind.add(binding)
    return Difference(
        bind=tuple(sorted(codes - keep)),
        unbind=tuple(sorted(unbind, key=lambda binding: (binding.event, binding.handler))),
        keep=tuple(sorted(keep)),
        foreign=tuple(foreign),
    )


def _with_offline(
    difference: Difference,
    present: Collection[Binding],
    wanted: Wanted,
    plan: Plan,
    queue: str,
    bound: Collection[str],
) -> Difference:
    """The difference, offline events included.

    Args:
        present: what the portal keeps.
        bound: see `compare`.
    """
    ours = [
        binding
        for binding in present
        if binding.connector_id == queue and (queue or entry(binding.event, "") in bound)
    ]
    keep = {b.event for b in present if b.connector_id == queue} & wanted.offline
    missing = tuple(sorted(wanted.offline - keep))
    over = sorted((b for b in ours if b.event not in wanted.offline), key=lambda b: b.event)
    others = [
        b for b in present if b not in ours and not (b.connector_id == queue and b.event in keep)
    ]
    return replace(
        difference,
        unbind=(*difference.unbind, *over),
        foreign=(*difference.foreign, *others),
        bind_offline=missing if plan.keeps else (),
        lacking=() if plan.keeps else missing,
        keep_offline=tuple(sorted(keep)),
        queue=queue,
    )


async def _apply(
    client: Client, commands: Mapping[str, Command], *, one_by_one: bool = False
) -> tuple[dict[str, Any], dict[str, RestError]]:
    """Run commands that may be repeated without harm; those that worked, and those that did not.

    Args:
        one_by_one: each in a request of its own: a portal takes ``auth_connector`` from the
            request, and not from a command in it.
    """
    results: dict[str, Any] = {}
    errors: dict[str, RestError] = {}
    run = _alone if one_by_one else Client.outcomes
    for tried in range(_TRIES):
        waiting = {n: c for n, c in commands.items() if n not in results and n not in errors}
        if not waiting:
            break
        if tried:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS * tried)
        for name, outcome in (await run(client, waiting)).items():
            if not isinstance(outcome, RestError) or _is_bound_already(outcome):
                results[name] = outcome
            elif tried == _TRIES - 1 or not _may_pass(outcome):
                errors[name] = outcome
    return results, errors


async def _alone(client: Client, commands: Mapping[str, Command]) -> dict[str, Any]:
    """The outcome of each command in a request of its own."""
    outcomes: dict[str, Any] = {}
    for name, (method, params) in commands.items():
        try:
            outcomes[name] = await client.with_options(merge=False).call(method, params)
        except RestError as error:
            outcomes[name] = error
    return outcomes


def _is_bound_already(error: RestError) -> bool:
    text = error.description.lower()
    return "already binded" in text or "already bound" in text


def _may_pass(error: RestError) -> bool:
    """Somebody else is binding the same just now, or the answer was lost."""
    return isinstance(error, OutcomeUnknown) or "already started" in error.description.lower()


def _at(binding: Binding) -> str:
    return f"{binding.event} {binding.place}"


def _offline(by_code: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{code} offline": value for code, value in by_code.items()}


def _bind(code: str, url: str) -> Command:
    params: dict[str, Any] = {"event": code, "handler": url}
    if code == DOORBELL:
        params["options"] = {"minTimeout": _DOORBELL_SECONDS}
    return "event.bind", params


def _bind_offline(code: str, queue: str) -> Command:
    named = {"auth_connector": queue} if queue else {}
    return "event.bind", {"event": code, "event_type": "offline", **named}


def _unbind(binding: Binding) -> Command:
    if binding.offline:
        named = {"auth_connector": binding.connector_id} if binding.connector_id else {}
        return "event.unbind", {"event": binding.event, "event_type": "offline", **named}
    # Without auth_type the subscriptions of all users would go.
    params = {"event": binding.event, "handler": binding.handler, "auth_type": 0}
    return "event.unbind", params


def _subscribed(
    url: str, codes: Collection[str], left: Collection[Binding]
) -> tuple[str, tuple[str, ...]]:
    """What to remember: the old address, as long as something of ours is left there."""
    for address in {binding.handler for binding in left} - {url}:
        return address, tuple(sorted(b.event for b in left if b.handler == address))
    return url, tuple(sorted({*codes, *(binding.event for binding in left)}))


async def _remember(
    installations: Installations,
    portal: str,
    sent: tuple[str, tuple[str, ...]] | None,
    queue: str,
    kept: Collection[str],
) -> None:
    """Save what was subscribed.

    Args:
        sent: the address and the codes; None if that was left as it was.
        kept: entries of offline events in this queue; those of others stay.
    """
    for tried in range(_TRIES):
        await asyncio.sleep(_LOOK_AGAIN_SECONDS * tried)
        installation = await installations.installation(portal)
        if installation is None:
            return  # forgotten meanwhile
        url, codes = sent or (
            installation.bound_url,
            tuple(text for text in installation.bound_codes if not is_entry(text)),
        )
        entries = {*kept, *entries_besides(queue, installation.bound_codes)}
        bound = replace(installation, bound_url=url, bound_codes=(*codes, *sorted(entries)))
        if bound == installation or await installations.save_installation(bound):
            return
    raise InstallationChanged("the installation changes all the time")


def _binding(item: Mapping[str, Any]) -> Binding | None:
    event = str(item.get("event") or "").upper()
    if not event:
        return None
    return Binding(
        event=event,
        handler=str(item.get("handler") or ""),
        auth_type=whole_number(item.get("auth_type")) or 0,
        offline=item.get("offline") in (1, "1", "Y"),
        connector_id=str(item.get("connector_id") or ""),
    )


def _mappings(result: Any) -> list[Mapping[str, Any]]:
    return [item for item in result if isinstance(item, dict)] if isinstance(result, list) else []
