"""Subscriptions on the portal: what the handlers need against what is there.

Only what this app has subscribed itself is ever changed; it is known by its address. Offline events
are shown and left alone.

Source: protocol.md 8.1 and 8.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bitrix_events.errors import BatchError, InstallationChanged, OutcomeUnknown, RestError
from bitrix_events.events import OnAppPayment, OnAppUninstall, OnSubscriptionRenew
from bitrix_events.rest.client import Client
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation
from bitrix_events.wire.numbers import whole_number

NOT_BOUND: Final = frozenset({"ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUSERREADY"})
"""Sent to the install address without a subscription, and proven there. Whoever has subscribed to
one all the same, the portal itself for example, is left alone."""

_TRIES: Final = 5
_LOOK_AGAIN_SECONDS: Final = 0.2

Command = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the handlers need.

    Attributes:
        url: where events go, exactly as the portal is to call it.
        codes: of the events.
        optional: of further events, which not every portal offers.
    """

    url: str
    codes: frozenset[str]
    optional: frozenset[str] = frozenset()

    @classmethod
    def by_handlers(cls, url: str, codes: Collection[str]) -> Wanted:
        """For these codes; and for what the framework itself follows: the end of the app, and
        whether it is paid for."""
        required = frozenset(code.upper() for code in codes) | {OnAppUninstall.CODE}
        optional = frozenset({OnAppPayment.CODE, OnSubscriptionRenew.CODE})
        return cls(url, required, optional - required)

    def is_met_by(self, installation: Installation) -> bool:
        """Whether the portal was told already. It may send more: what somebody else needs who works
        for the same portals, or a release that is being replaced."""
        is_enough = self.codes - NOT_BOUND <= frozenset(installation.bound_codes)
        return is_enough and installation.bound_url == self.url


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


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to happen so that a portal sends what is wanted.

    Attributes:
        bind: codes to subscribe to.
        unbind: subscriptions of ours that nobody wants any more.
        keep: codes that are subscribed.
        foreign: subscriptions of somebody else with the same app, which stay.
    """

    bind: tuple[str, ...] = ()
    unbind: tuple[Binding, ...] = ()
    keep: tuple[str, ...] = ()
    foreign: tuple[Binding, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing has to happen."""
        return not self.bind and not self.unbind

    def without_pruning(self, url: str) -> Difference:
        """The difference if nothing ends that is subscribed at this address."""
        kept = {*self.keep, *(b.event for b in self.unbind if b.handler == url)}
        ended = tuple(b for b in self.unbind if b.handler != url)
        return replace(self, unbind=ended, keep=tuple(sorted(kept)))


async def compare(client: Client, wanted: Wanted, *, old_url: str = "") -> Difference:
    """Compare what the portal sends with what is wanted.

    Args:
        old_url: the address that we last subscribed; what goes there is ours as well.

    Raises:
        RestError: the portal did not tell; webhooks may not ask, for example.
    """
    response = await client.call("event.get")
    present = [binding for item in _mappings(response.result) if (binding := _binding(item))]
    if wanted.optional:
        wanted = replace(wanted, optional=wanted.optional & await _offered(client))
    return _difference(present, wanted, old_url)


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
    old_url = installation.bound_url if installation else ""
    difference = await compare(client, wanted, old_url=old_url)
    if not prune:
        difference = difference.without_pruning(wanted.url)
    bound, refused = await _apply(
        client,
        {code: ("event.bind", {"event": code, "handler": wanted.url}) for code in difference.bind},
    )
    # What cannot be had at the new address goes on at the old one.
    ended, not_ended = await _apply(
        client, {_at(b): _unbind(b) for b in difference.unbind if b.event not in refused}
    )
    left = [binding for binding in difference.unbind if _at(binding) not in ended]
    url, codes = _subscribed(wanted.url, {*difference.keep, *bound}, left)
    await _remember(installations, portal, url, codes)
    if refused or not_ended:
        raise BatchError(
            portal=client.domain, results={**bound, **ended}, errors={**refused, **not_ended}
        )
    return difference


def _difference(present: Collection[Binding], wanted: Wanted, old_url: str) -> Difference:
    codes = (wanted.codes | wanted.optional) - NOT_BOUND
    keep: set[str] = set()
    unbind: set[Binding] = set()
    foreign: list[Binding] = []
    for binding in present:
        is_at_ours = binding.handler in {wanted.url, old_url} and binding.handler != ""
        if not is_at_ours or binding.auth_type or binding.offline or binding.event in NOT_BOUND:
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


async def _apply(
    client: Client, commands: Mapping[str, Command]
) -> tuple[dict[str, Any], dict[str, RestError]]:
    """Run commands that may be repeated without harm; those that worked, and those that did not."""
    results: dict[str, Any] = {}
    errors: dict[str, RestError] = {}
    for tried in range(_TRIES):
        waiting = {n: c for n, c in commands.items() if n not in results and n not in errors}
        if not waiting:
            break
        if tried:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS * tried)
        for name, outcome in (await client.outcomes(waiting)).items():
            if not isinstance(outcome, RestError) or _is_bound_already(outcome):
                results[name] = outcome
            elif tried == _TRIES - 1 or not _may_pass(outcome):
                errors[name] = outcome
    return results, errors


def _is_bound_already(error: RestError) -> bool:
    text = error.description.lower()
    return "already binded" in text or "already bound" in text


def _may_pass(error: RestError) -> bool:
    """Somebody else is binding the same just now, or the answer was lost."""
    return isinstance(error, OutcomeUnknown) or "already started" in error.description.lower()


def _at(binding: Binding) -> str:
    return f"{binding.event} at {binding.handler}"


def _unbind(binding: Binding) -> Command:
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
    installations: Installations, portal: str, url: str, codes: tuple[str, ...]
) -> None:
    for tried in range(_TRIES):
        await asyncio.sleep(_LOOK_AGAIN_SECONDS * tried)
        installation = await installations.installation(portal)
        if installation is None:
            return  # forgotten meanwhile
        bound = replace(installation, bound_url=url, bound_codes=codes)
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
