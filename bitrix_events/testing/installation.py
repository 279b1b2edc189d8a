"""How an app comes to the fake portal, lives there and leaves it: callbacks, tokens, bindings.

Source: protocol.md 1.6, 1.11, 2.6, 3.6 and 9.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bitrix_events.testing.kinds import USER
from bitrix_events.testing.methods import PortalState
from bitrix_events.testing.oauth import ACCESS_SECONDS
from bitrix_events.testing.sender import Binding
from bitrix_events.testing.site import hex_id


async def install(portal: PortalState, url: str, *, user_id: int) -> httpx.Response:
    """Install a script-only local app: it counts as installed before its install path is told."""
    portal.oauth.installed = True
    body = portal.sender.event_body("ONAPPINSTALL", _install_data(portal), user_id=user_id)
    return await portal.sender.post("ONAPPINSTALL", url, body)


async def open_install_page(portal: PortalState, url: str, *, user_id: int) -> httpx.Response:
    """Post the install page; a page that says ``installFinish`` completes the installation."""
    answer = await portal.sender.post_page(url, user_id=user_id)
    if answer.is_success and "installFinish" in answer.text and not portal.oauth.installed:
        portal.oauth.installed = True
        portal.sender.raise_event(
            "ONAPPINSTALL",
            _install_data(portal),
            user_id=user_id,
            client_id=portal.site.client_id,
        )
    return answer


async def update(
    portal: PortalState, url: str, *, version: int | str, new_token: bool | str, user_id: int
) -> httpx.Response:
    """Give the app another version, and perhaps another application token."""
    site = portal.site
    data = {
        "VERSION": version,
        "PREVIOUS_VERSION": site.version,
        "LANGUAGE_ID": site.language,
    }
    site.version = version
    if isinstance(new_token, str):
        site.application_token = new_token
    elif new_token:
        site.application_token = _another(site.application_token)
    portal.registrations.forget_robots(site.client_id)
    return await _tell(portal, "ONAPPUPDATE", data, url, user_id=user_id)


async def change_payment(portal: PortalState, url: str, *, paid: bool) -> httpx.Response:
    """Let the app's payment lapse, or take it; only apps from the Market are paid for."""
    site = portal.site
    site.status = "S"
    portal.oauth.paid = paid
    data = {
        "CODE": site.client_id,
        "VERSION": site.version,
        "STATUS": site.status,
        "PAYMENT_EXPIRED": "N" if paid else "Y",
        "DAYS": 365 if paid else 0,
        "LANGUAGE_ID": site.language,
    }
    return await _tell(portal, "ONAPPPAYMENT", data, url, user_id=0)


async def renew_subscription(portal: PortalState, url: str, *, user_id: int) -> httpx.Response:
    """Take the payment for all apps at once; what the event says of it is documented nowhere."""
    portal.site.status = "S"
    portal.oauth.paid = True
    return await _tell(portal, "ONSUBSCRIPTIONRENEW", {}, url, user_id=user_id)


async def make_system_user(portal: PortalState, url: str, *, user_id: int) -> int:
    """Make the user that stands for the app when its installer is gone, and send his tokens."""
    site = portal.site
    system_user = {"NAME": "System", "LAST_NAME": "User", "ADMIN": "Y"}
    system_id = portal.world.add(USER, system_user, user_id=user_id).id
    pair = portal.oauth.issue(system_id)
    data = {
        "access_token": pair.access_token,
        "expires": pair.expires,
        "expires_in": ACCESS_SECONDS,
        "scope": site.scope,
        "domain": site.oauth_host,
        "server_endpoint": site.server_endpoint,
        "status": site.status,
        "client_endpoint": site.rest_url,
        "member_id": site.member_id,
        "user_id": system_id,
        "refresh_token": pair.refresh_token,
        "client_id": site.client_id,
        "LANGUAGE_ID": site.language,
    }
    await _tell(portal, "ONAPPUSERREADY", data, url, user_id=user_id, domain=site.oauth_host)
    return system_id


def reregister(portal: PortalState) -> None:
    """Register an on-premise portal anew: other ids, no tokens; bindings stay."""
    site = portal.site
    site.member_id = _another(site.member_id)
    site.application_token = _another(site.application_token)
    portal.oauth.forget_all()


async def uninstall(portal: PortalState, url: str | None, *, clean: bool) -> None:
    """End all tokens and bindings of the app; tell the handlers, and ``url`` if it is none."""
    sender = portal.sender
    ours = portal.site.client_id
    data = {"LANGUAGE_ID": portal.site.language, "CLEAN": int(clean)}
    sender.raise_event("ONAPPUNINSTALL", data, user_id=0, client_id=ours)
    # The API is closed before the app hears of it.
    portal.oauth.revoke_all()
    mine = [binding for binding in sender.bindings if binding.client_id == ours]
    told = {binding.handler for binding in mine if binding.event == "ONAPPUNINSTALL"}
    sender.bindings[:] = [binding for binding in sender.bindings if binding not in mine]
    sender.offline.forget(ours)
    portal.registrations.forget(ours, clean=clean)
    if url is not None and url not in told:
        body = sender.event_body("ONAPPUNINSTALL", data, user_id=0)
        await sender.post_and_forget("ONAPPUNINSTALL", url, body)
    await sender.settled()


async def _tell(
    portal: PortalState,
    code: str,
    data: Mapping[str, Any],
    url: str,
    *,
    user_id: int,
    domain: str = "",
) -> httpx.Response:
    """Send an event of the app's life to a URL, which the portal itself has bound, and in the
    background to other handlers of it."""
    sender, client_id = portal.sender, portal.site.client_id
    sender.raise_event(code, data, user_id=user_id, client_id=client_id, besides=url)
    bound = [
        b for b in sender.bindings if (b.event, b.handler, b.client_id) == (code, url, client_id)
    ]
    binding = bound[0] if bound else sender.numbered(Binding(code, url, client_id=client_id))
    body = sender.event_body(code, data, user_id=user_id, binding=binding, domain=domain)
    return await sender.post(code, url, body)


def _another(secret: str) -> str:
    return hex_id("after", secret)


def _install_data(portal: PortalState) -> dict[str, str]:
    return {
        "VERSION": str(portal.site.version),
        "ACTIVE": "Y",
        "INSTALLED": "Y",
        "LANGUAGE_ID": portal.site.language,
    }
