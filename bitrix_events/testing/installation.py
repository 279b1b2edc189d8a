"""How an app comes to the fake portal and leaves it: callbacks, tokens, bindings.

Source: protocol.md 1.6, 1.11, 2.6 and 9.1.
"""

from __future__ import annotations

import httpx

from bitrix_events.testing.methods import PortalState


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
        portal.sender.raise_event("ONAPPINSTALL", _install_data(portal), user_id=user_id)
    return answer


async def uninstall(portal: PortalState, url: str | None, *, clean: bool) -> None:
    """End all tokens and bindings of the app; tell the handlers, and ``url`` if it is none."""
    sender = portal.sender
    data = {"LANGUAGE_ID": portal.site.language, "CLEAN": int(clean)}
    sender.raise_event("ONAPPUNINSTALL", data, user_id=0)
    # The API is closed before the app hears of it.
    portal.oauth.revoke_all()
    told = {binding.handler for binding in sender.bindings if binding.event == "ONAPPUNINSTALL"}
    sender.bindings[:] = [b for b in sender.bindings if b.webhook_token is not None]
    if url is not None and url not in told:
        body = sender.event_body("ONAPPUNINSTALL", data, user_id=0)
        await sender.post_and_forget("ONAPPUNINSTALL", url, body)
    await sender.settled()


def _install_data(portal: PortalState) -> dict[str, str]:
    return {
        "VERSION": "1",
        "ACTIVE": "Y",
        "INSTALLED": "Y",
        "LANGUAGE_ID": portal.site.language,
    }
