"""Longer texts that developers and operators read, in one place so that they agree."""

from __future__ import annotations

from bitrix_events.events import Event, event_class


def unhandled_event(code: str) -> str:
    """Said once for each code that arrives and that no handler wants; ready to be pasted."""
    known = event_class(code)
    imported = f"from bitrix_events.events import {known.__name__}"
    what = f'"{code}"' if known is Event else known.__name__
    wanted = "Event" if known is Event else known.__name__
    return (
        f"{code} arrived and no handler wants it; it is stored. To handle it:\n\n"
        f"    {imported}\n\n"
        f"    @app.on({what})\n"
        f"    async def handle(event: {wanted}) -> None: ...\n"
    )


def not_an_event_url(path: str) -> str:
    """The answer to a browser that opens the event address."""
    return (
        f"{path} is the address to which Bitrix24 sends events by POST. There is nothing to see"
        " here; enter this address in the portal, under Developer resources.\n"
    )


def not_an_install_url(path: str) -> str:
    """The answer to a browser that opens the install address outside of a portal."""
    return (
        f"{path} is the address that a portal opens by POST to install this app. Enter it in the"
        " app's card as the initial installation path.\n"
    )


INDEX = """\
This is an app made with bitrix_events.

  POST /events    events of portals
  POST /install   installation, as an event or as a page
  GET  /oauth/start?portal=acme.bitrix24.com   installation from outside of a portal
  GET  /healthz   is it alive?
  GET  /readyz    is it ready?
  GET  /metrics   figures, for those who may see them
"""
