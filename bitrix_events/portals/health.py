"""How a portal is doing: what stands between it and the handlers, in words that say what to do.

Each check is a small function of what is known, and yields its findings. Nothing is changed.

Source: protocol.md 3.3, 8.2 and 9.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bitrix_events.errors import (
    AccessDenied,
    InstallationGone,
    PortalBlocked,
    PortalMoved,
    PortalUnreachable,
    RestError,
)
from bitrix_events.events import event_class
from bitrix_events.portals.queues import EXTENDED, NAMED, is_allowed
from bitrix_events.portals.subscriptions import NOT_BOUND, Difference, Wanted, compare
from bitrix_events.rest.client import Client
from bitrix_events.rest.responses import Response
from bitrix_events.store.records import WEBHOOK_PORTAL, Installation, InstallationState

CLOCK_TOLERANCE: Final = timedelta(seconds=30)
ACCESS_LIFE: Final = timedelta(hours=1)
REFRESH_LIFE: Final = timedelta(days=180)
"""How long a refresh token can be used. Both begin when the tokens are issued."""
_REFRESH_WARNING: Final = timedelta(days=120)
_FEATURES: Final = (EXTENDED, NAMED)
_WITHOUT: Final = {
    EXTENDED: "handlers with mode='offline' hear nothing from there, those with mode='both' what is"
    " sent; the portal needs a larger plan",
    NAMED: "what the app writes there may come back to it as offline events; let handlers watch"
    " what they need with changed=",
}
"""What it means for offline events that a plan lacks a feature."""

Outcomes = Mapping[str, Response | RestError]


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found.

    Attributes:
        about: what was looked at, in a word or two.
        text: what is wrong with it, and what to do; or that all is well. Without secrets.
    """

    level: Level
    about: str
    text: str


def ok(about: str, text: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, text)


def warning(about: str, text: str) -> Finding:
    """It works for now."""
    return Finding(Level.WARNING, about, text)


def error(about: str, text: str) -> Finding:
    """Something does not work."""
    return Finding(Level.ERROR, about, text)


# What is known without asking the portal.


def examine_installation(installation: Installation, now: datetime) -> Iterator[Finding]:
    """State and tokens of a portal, as they are stored."""
    yield from _state(installation)
    if installation.state is InstallationState.ACTIVE and installation.portal != WEBHOOK_PORTAL:
        yield from _tokens(installation, now)


def _state(installation: Installation) -> Iterator[Finding]:
    domain, why = installation.domain, installation.reason or "no reason is known"
    if installation.paused:
        name = installation.domain or installation.portal
        yield warning(
            domain, f"is paused: events wait; to go on: bitrix-events portals resume {name}"
        )
    match installation.state:
        case InstallationState.ACTIVE if not installation.paused:
            yield ok(domain, "is active")
        case InstallationState.BLOCKED:
            yield warning(
                domain,
                f"is blocked ({why}): events wait until the portal, or the app, is paid again;"
                " it is asked every day",
            )
        case InstallationState.NEEDS_REAUTH:
            yield warning(
                domain,
                f"has refused our tokens ({why}): events wait until an administrator of the portal"
                " opens or installs the app again",
            )
        case InstallationState.DELETED:
            yield ok(domain, "has removed the app")


def _tokens(installation: Installation, now: datetime) -> Iterator[Finding]:
    about = f"{installation.domain} tokens"
    if installation.tokens is None:
        yield error(
            about, "there are none: an administrator of the portal has to install the app again"
        )
        return
    age = now - (installation.tokens.expires_at - ACCESS_LIFE)
    if age >= REFRESH_LIFE:
        yield error(
            about,
            f"were last renewed {age.days} days ago, and end after 180: an administrator of the"
            " portal has to open or install the app again",
        )
    elif age >= _REFRESH_WARNING:
        yield warning(
            about,
            f"were last renewed {age.days} days ago, and end after 180: is the app running? It"
            " renews them by itself",
        )
    else:
        yield ok(about, f"were last renewed {_ago(age)}")


def _ago(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    return f"{age.days} days ago" if hours >= 48 else f"{hours} h ago" if hours > 1 else "just now"


# What the portal answers.


async def examine_portal(
    client: Client,
    installation: Installation,
    wanted: Wanted | None,
    codes: Collection[str] = (),
) -> list[Finding]:
    """Ask a portal whether we can do there what we want to.

    Args:
        wanted: what the portal is to send; None if that is not known, or not for us to say.
        codes: of the events that the handlers name.
    """
    domain = installation.domain
    try:
        info = (await client.call("app.info")).result
    except RestError as failure:
        return [error(domain, f"{failure}; {_advice(failure)}")]
    before = datetime.now(UTC)
    commands: dict[str, Any] = {
        "time": ("server.time", {}),
        "scope": ("scope", {}),
        **{feature: ("feature.get", {"CODE": feature}) for feature in _FEATURES},
    }
    is_app = installation.portal != WEBHOOK_PORTAL
    if is_app and wanted is not None:
        commands |= {"events": ("events", {}), "all events": ("events", {"FULL": True})}
    answers: Outcomes = await client.outcomes(commands)
    after = datetime.now(UTC)
    findings = [*_app(domain, info), *_clock(domain, answers, before, after)]
    if is_app and wanted is not None:
        findings += [*_scope(domain, answers, wanted.codes | wanted.offline)]
        findings += [await _bindings(client, installation, wanted)]
    if not is_app and codes:
        findings += [_webhook_scope(domain, answers["scope"], codes)]
    findings += [*_features(domain, answers, wanted)]
    return findings


def _advice(failure: RestError) -> str:
    """What to do about a portal that does not answer us."""
    match failure:
        case InstallationGone(code="PAYMENT_REQUIRED"):
            return "the portal, or the app there, has to be paid"
        case InstallationGone():
            return "an administrator of the portal has to open or install the app again"
        case AccessDenied(code="INVALID_CREDENTIALS"):
            return "the incoming webhook was deleted: make another, set BITRIX_EVENTS_WEBHOOK_URL"
        case PortalBlocked():
            return "Bitrix24 has blocked its REST by hand: write to their support"
        case PortalMoved():
            return "if it is the same portal, the app has to be installed, or the webhook set, anew"
        case PortalUnreachable():
            return "check DNS, firewall and proxy of this machine, and open the portal in a browser"
    return "try again later"


def _app(domain: str, info: Any) -> Iterator[Finding]:
    known = info if isinstance(info, dict) else {}
    licence = known.get("LICENSE") or "unknown"
    if known.get("INSTALLED") in (False, "N", 0, "0"):
        yield error(
            f"{domain} app",
            "is not installed completely, so no events come: its page has to call"
            " BX24.installFinish()",
        )
    elif known.get("PAYMENT_EXPIRED") in (True, "Y", 1, "1"):
        yield error(f"{domain} app", "its payment has expired: the portal has to pay for the app")
    else:
        yield ok(f"{domain} app", f"lets us in; licence: {licence}")


def _clock(domain: str, answers: Outcomes, before: datetime, after: datetime) -> Iterator[Finding]:
    answer = answers["time"]
    if isinstance(answer, RestError):
        return
    try:
        theirs = datetime.fromisoformat(str(answer.result))
        yield compare_clocks(theirs, before, after, whose=domain)
    except (ValueError, TypeError):
        return


def compare_clocks(theirs: datetime, before: datetime, after: datetime, *, whose: str) -> Finding:
    """Compare our clock with somebody's who read his between two moments."""
    if before - CLOCK_TOLERANCE <= theirs <= after + CLOCK_TOLERANCE:
        return ok("clock", f"agrees with that of {whose}")
    ahead = before - theirs if before > theirs else theirs - after
    which = "ahead of" if before > theirs else "behind"
    return error(
        "clock",
        f"is {ahead.total_seconds():.0f} s {which} that of {whose}: tokens seem to end at the wrong"
        " time; let the machine's clock be set by NTP",
    )


def _scope(domain: str, answers: Outcomes, codes: frozenset[str]) -> Iterator[Finding]:
    """Whether the portal knows the events that the handlers name, and lets us have them."""
    about = f"{domain} scope"
    ours, every, scope = answers["events"], answers["all events"], answers["scope"]
    if isinstance(ours, RestError):
        yield warning(about, f"the portal does not tell which events there are: {ours}")
        return
    granted = _texts(scope)
    missing = {code for code in codes - NOT_BOUND if not _is_among(code, _texts(ours))}
    known = {code for code in missing if _is_among(code, _texts(every))}
    if known:
        scopes = _missing_scopes(known, granted)
        which = f"the scope {_list(scopes)}" if scopes else "the scope"
        yield error(
            about,
            f"does not cover {_list(known)}: add {which} to the app's card and install it again;"
            f" it has {_list(granted)}",
        )
    if unknown := missing - known:
        yield error(
            about,
            f"the portal knows no event {_list(unknown)}: is the code spelled as in its docs?",
        )
    if not missing:
        yield ok(about, f"covers the handlers: {_list(granted)}")


def _webhook_scope(domain: str, scope: Response | RestError, codes: Collection[str]) -> Finding:
    """Whether the incoming webhook may read what the events are about. Events come without it."""
    about = f"{domain} scope"
    if isinstance(scope, RestError):
        return warning(about, f"the portal does not tell what the webhook may do: {scope}")
    granted = _texts(scope)
    if missing := _missing_scopes(codes, granted):
        events = [code for code in codes if _missing_scopes([code], granted)]
        return warning(
            about,
            f"the incoming webhook cannot read what {_list(events)} are about: tick"
            f" {_list(missing)} in its settings; it has {_list(granted)}",
        )
    return ok(about, f"covers the handlers: {_list(granted)}")


def _missing_scopes(codes: Collection[str], granted: Collection[str]) -> set[str]:
    """The scopes that events need and that are not among the granted ones."""
    needed = {event_class(code).scope for code in codes} - {"", "basic"}
    return {
        " or ".join(scopes)
        for scopes in (scope.split("|") for scope in needed)
        if not set(scopes) & set(granted)
    }


async def _bindings(client: Client, installation: Installation, wanted: Wanted) -> Finding:
    about = f"{installation.domain} events"
    try:
        difference = await compare(
            client, wanted, old_url=installation.bound_url, bound=installation.bound_codes
        )
    except RestError as failure:
        return error(about, f"the portal does not tell what it sends: {failure}")
    return _subscriptions(about, difference, wanted)


def _subscriptions(about: str, difference: Difference, wanted: Wanted) -> Finding:
    advice = "run bitrix-events sync"
    if missing := wanted.codes.intersection(difference.bind):
        return error(about, f"{_list(missing)} are not sent to {wanted.url}: {advice}")
    if difference.bind_offline:
        return error(about, f"{_list(difference.bind_offline)} are not kept for us: {advice}")
    if difference.unbind:
        left = _list(f"{b.event} {b.place}" for b in difference.unbind)
        return warning(about, f"nobody wants {left} any more: {advice}")
    others = len(difference.foreign)
    more = f"; {others} subscriptions are somebody else's" if others else ""
    kept = len(difference.keep_offline)
    said = [f"{len(difference.keep)} are sent to {wanted.url}"] if wanted.url else []
    said += [f"{kept} are kept until they are fetched"] if kept else []
    return ok(about, f"{', '.join(said) or 'none is wanted'}{more}")


def _features(domain: str, answers: Outcomes, wanted: Wanted | None) -> Iterator[Finding]:
    """What the plan has, and what it lacks of what handlers need."""
    found = []
    for feature in _FEATURES:
        answer = answers[feature]
        if isinstance(answer, RestError):
            yield warning(f"{domain} plan", f"{feature} cannot be asked for: {answer}")
            continue
        has = is_allowed(answer.result)
        found.append(f"{feature}: {'yes' if has else 'no'}")
        if not has and wanted is not None and wanted.offline:
            yield warning(f"{domain} plan", f"has no {feature}: {_WITHOUT[feature]}")
    if found:
        yield ok(f"{domain} plan", "; ".join(found))


def _is_among(code: str, codes: Collection[str]) -> bool:
    """A smart process has codes of its own, with its number: ``ONCRMDYNAMICITEMADD_147``."""
    stem, _, number = code.partition("_")
    return code in codes or (number.isdigit() and stem in codes)


def _texts(answer: Response | RestError) -> list[str]:
    if isinstance(answer, RestError) or not isinstance(answer.result, list):
        return []
    return [str(text) for text in answer.result]


def _list(names: Any) -> str:
    found = sorted(map(str, names))
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return (", ".join(found[:12]) or "nothing") + more
