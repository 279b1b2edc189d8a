"""``fake-portal``: a Bitrix24 portal on a port of this machine, for apps in any language."""

from __future__ import annotations

import asyncio
import logging
import logging.config
import shlex
import signal
from contextlib import AsyncExitStack, suppress
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.logs import log_config
from bitrix_events.testing import FakePortal, Limits
from bitrix_events.testing.page import EVENTS, PortalPage, is_http_url
from bitrix_events.testing.page_views import Recipe
from bitrix_events.testing.rest import SCOPES
from bitrix_events.web.routes import EVENTS_PATH, INSTALL_PATH

log = logging.getLogger("bitrix_events.testing")

_APP_URL: Final = "http://127.0.0.1:8000"
"""Where ``bitrix-events run`` listens if nothing else is asked for."""
_KNOCK_SECONDS: Final = 0.2
_DEALS: Final[tuple[dict[str, Any], ...]] = (
    {"TITLE": "New roof", "STAGE_ID": "NEW", "OPPORTUNITY": 12400},
    {"TITLE": "Solar panels", "STAGE_ID": "PREPARATION", "OPPORTUNITY": 28900},
    {"TITLE": "Garden shed", "STAGE_ID": "EXECUTING", "OPPORTUNITY": 3150},
    {"TITLE": "Winter garden", "STAGE_ID": "WON", "OPPORTUNITY": 41800},
    {"TITLE": "Carport", "STAGE_ID": "LOSE", "OPPORTUNITY": 5600},
)


class Plan(StrEnum):
    """How many requests the portal takes."""

    UNLIMITED = "unlimited"
    STANDARD = "standard"
    ENTERPRISE = "enterprise"


class Mode(StrEnum):
    """How an app hears of events."""

    WEBHOOK = "webhook"
    APP = "app"


_LIMITS: Final = {
    Plan.UNLIMITED: None,
    Plan.STANDARD: Limits(),
    Plan.ENTERPRISE: Limits(burst=250, per_second=5.0),
}


def fake_portal(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    deals: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="How many deals there are at first.")
    ] = 0,
    limits: Annotated[
        Plan,
        typer.Option(help="Requests it takes: all, or 50 and 2 a second, or 250 and 5."),
    ] = Plan.UNLIMITED,
    app_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=f"Who is told of events: `{_APP_URL}`, or with the path of the handler.",
        ),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(help="Tell --app-url by an outgoing webhook, or install it as an app there."),
    ] = Mode.WEBHOOK,
) -> None:
    """Play a Bitrix24 portal on a port: REST, OAuth, webhooks and events, and a page to watch it.

    It prints its addresses and secrets, all of them made up, and the settings of an app that works
    with it. Everything lives in memory, and only this machine reaches it. Ctrl-C ends it.

    Examples:

        bitrix-events fake-portal

        bitrix-events fake-portal --port 9000 --deals 500 --app-url http://127.0.0.1:8000
    """
    if app_url is not None:
        _check_app_url(app_url, port)
    elif mode is Mode.APP:
        raise UsageError(f"--mode app needs --app-url, for example --app-url {_APP_URL}")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(port, deals, limits, app_url, mode))


def _check_app_url(url: str, port: int) -> None:
    """Complain of an address that cannot be an app's."""
    if not is_http_url(url):
        raise UsageError(f"--app-url is the address of an app, such as {_APP_URL}, and not {url!r}")
    parts = urlsplit(url)
    if parts.port == port != 0 and parts.hostname in ("127.0.0.1", "localhost"):
        raise UsageError(
            f"--app-url {url} is the address of the fake portal itself; the app needs another port"
        )


async def _serve(port: int, deals: int, limits: Plan, app_url: str | None, mode: Mode) -> None:
    """Serve until a signal comes; a second one ends the process at once."""
    portal = FakePortal(scope=SCOPES, limits=_LIMITS[limits])
    _fill(portal, deals)

    def recipes() -> list[Recipe]:
        return [_recipe(portal, each, limits, app_url) for each in Mode]

    async with AsyncExitStack() as exits:
        try:
            page = PortalPage(portal, recipes)
            await exits.enter_async_context(portal.serve(port, around=page))
        except OSError as error:
            raise UsageError(
                f"cannot listen on 127.0.0.1:{port}: {error.strerror or error};"
                " stop the other program or choose another --port"
            ) from error
        logging.config.dictConfig(log_config("info", "text"))
        stopped = _on_signal()
        print(_introduction(portal, recipes()), flush=True)
        installing = None
        if app_url is not None and mode is Mode.WEBHOOK:
            portal.outgoing_webhook(_address(app_url, EVENTS_PATH), *EVENTS)
        elif app_url is not None:
            url = _address(app_url, INSTALL_PATH)
            installing = asyncio.create_task(_install_once_there(portal, url))
        await stopped.wait()
        if installing is not None:
            installing.cancel()


def _fill(portal: FakePortal, deals: int) -> None:
    """Make deals in several stages, spread over all ids."""
    for number, fields in enumerate(_DEALS, 1):
        ids = range(number, deals + 1, len(_DEALS))
        portal.fill("deal", ids=ids, CURRENCY_ID="EUR", **fields)


def _on_signal() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM. The second time ends the process, whatever it waits for."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stopped.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


async def _install_once_there(portal: FakePortal, url: str) -> None:
    """Install the app as soon as something listens at its address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
            break
        await asyncio.sleep(_KNOCK_SECONDS)
    try:
        answer = await portal.install(url)
    except Exception as error:  # whatever the network or the app has done
        log.warning("the app at %s was not installed: %r", url, error)
        return
    if answer.is_success:
        log.info("the app at %s is installed", url)
    else:
        log.warning("the app at %s refused its installation: %s", url, answer.status_code)


def _address(app_url: str, path: str) -> str:
    """Where the portal posts to: the path of ``--app-url``, or the usual one."""
    return app_url if urlsplit(app_url).path.strip("/") else app_url.rstrip("/") + path


def _introduction(portal: FakePortal, recipes: list[Recipe]) -> str:
    """What is printed at the start."""
    facts = {
        "REST root": portal.rest_url,
        "webhook URL": portal.webhook_url,
        "webhook token": portal.webhook_token,
        "OAuth URL": portal.oauth_url,
        "client id": portal.client_id,
        "client secret": portal.client_secret,
        "application token": portal.application_token,
        "member id": portal.member_id,
    }
    lines = [f"fake portal on {portal.base_url}/", ""]
    lines += [f"  {name:18} {value}" for name, value in facts.items()]
    for recipe in recipes:
        lines += ["", f"# {recipe.title}", recipe.lines]
    return "\n".join([*lines, "", "Open the address in a browser; Ctrl-C ends it."])


def _recipe(portal: FakePortal, mode: Mode, limits: Plan, app_url: str | None) -> Recipe:
    """The settings of an app that works with this portal, as lines for a shell or a ``.env``."""
    settings = {"store": "sqlite:///data/fake_portal.db", "portal_limits": limits.value}
    if mode is Mode.APP:
        parts = urlsplit(app_url or _APP_URL)
        title = "settings of an app that the portal installs"
        base = f"{parts.scheme}://{parts.netloc}"
        variables = portal.environment(mode="app", public_url=base, **settings)
    else:
        title = "settings of an app with webhooks"
        variables = portal.environment(mode="webhook", **settings)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return Recipe(title, "\n".join(lines))
