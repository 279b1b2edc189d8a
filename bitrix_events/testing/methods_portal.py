"""The methods about the portal itself: users, the app, events and their bindings.

Source: protocol.md 8.1, 8.2 and 9.2.
"""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import urlsplit

from bitrix_events.testing import catalog
from bitrix_events.testing.kinds import USER
from bitrix_events.testing.methods import Answer, Methods, Request, RestError
from bitrix_events.testing.methods_lists import user_row, users_page
from bitrix_events.testing.sender import Binding
from bitrix_events.testing.world import iso_time

METHODS: Final = Methods()
_log = logging.getLogger("bitrix_events.testing")


@METHODS.add("user.get", scope="user")
def get_users(request: Request) -> Answer:
    return users_page(request)


@METHODS.add("user.current", scope="user")
def get_current_user(request: Request) -> dict[str, Any]:
    return user_row(request.portal.world.get(USER, request.user_id))


@METHODS.add("profile")
def get_profile(request: Request) -> dict[str, Any]:
    user = request.portal.world.get(USER, request.user_id)
    return {
        "ID": str(request.user_id),
        "ADMIN": request.portal.world.is_admin(request.user_id),
        "NAME": user["NAME"] or "",
        "LAST_NAME": user["LAST_NAME"] or "",
        "PERSONAL_GENDER": user["PERSONAL_GENDER"] or "",
        "TIME_ZONE": "",
    }


@METHODS.add("app.info")
def get_app_info(request: Request) -> dict[str, Any]:
    site = request.portal.site
    if request.by_webhook:
        return {"SCOPE": site.scope.split(","), "LICENSE": "com_basic"}
    return {
        "ID": 1,
        "CODE": site.client_id,
        "VERSION": 1,
        "STATUS": "L",
        "INSTALLED": request.portal.oauth.installed,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": site.language,
        "LICENSE": "com_basic",
        "LICENSE_TYPE": "basic",
        "LICENSE_FAMILY": "basic",
    }


@METHODS.add("scope")
def list_scopes(request: Request) -> list[str]:
    return request.portal.site.scope.split(",")


@METHODS.add("server.time")
def get_server_time(request: Request) -> str:
    return iso_time(request.portal.clock())


@METHODS.add("events")
def list_events(request: Request) -> list[str]:
    if request.params.get("FULL"):
        return catalog.events_of()
    scope = request.params.get("SCOPE")
    return catalog.events_of({str(scope)} if scope else _scopes(request))


@METHODS.add("event.bind", app_only=True)
def bind_event(request: Request) -> bool:
    """Bind an event; the same binding again is refused in the portal's own words."""
    event, handler, auth_type = _binding_params(request)
    params = _lower_case(request)
    if params.get("event_type", "online") != "online":
        _log.warning("the fake portal does not simulate offline events (event.bind of %s)", event)
        raise RestError("ERROR_CORE", "The fake portal does not simulate offline events.")
    if not catalog.is_known(event, _scopes(request)):
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    address = urlsplit(handler)
    if address.scheme not in ("http", "https"):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
    if not address.hostname:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    if not request.portal.world.is_admin(request.user_id):
        if auth_type not in (None, 0, request.user_id):
            raise RestError("ACCESS_DENIED", "Access denied!")
        auth_type = request.user_id
    for binding in _app_bindings(request):
        if (binding.event, binding.handler, binding.auth_type) == (event, handler, auth_type or 0):
            raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
    request.portal.sender.bind(event, handler, auth_type=auth_type or 0)
    return True


@METHODS.add("event.unbind", app_only=True)
def unbind_event(request: Request) -> dict[str, int]:
    event, handler, auth_type = _binding_params(request)
    gone = [
        binding
        for binding in _app_bindings(request)
        if (binding.event, binding.handler) == (event, handler)
        and auth_type in (None, binding.auth_type)
    ]
    for binding in gone:
        request.portal.sender.bindings.remove(binding)
    return {"count": len(gone)}


@METHODS.add("event.get", app_only=True)
def get_bindings(request: Request) -> list[dict[str, Any]]:
    sees_all = request.portal.world.is_admin(request.user_id)
    return [
        {
            "event": binding.event,
            "handler": binding.handler,
            "auth_type": str(binding.auth_type),
            "offline": 0,
        }
        for binding in _app_bindings(request)
        if sees_all or binding.auth_type == request.user_id
    ]


@METHODS.add("event.test", app_only=True)
def test_event(request: Request) -> int:
    """Raise ONAPPTEST, which echoes the parameters."""
    request.portal.sender.raise_event(
        "ONAPPTEST",
        {"QUERY": request.params, "LANGUAGE_ID": request.portal.site.language},
        user_id=request.user_id,
    )
    return 1


def _scopes(request: Request) -> set[str]:
    return set(request.portal.site.scope.split(","))


def _lower_case(request: Request) -> dict[str, Any]:
    """The event methods take parameter names in any case."""
    return {name.lower(): value for name, value in request.params.items()}


def _binding_params(request: Request) -> tuple[str, str, int | None]:
    params = _lower_case(request)
    for name in ("event", "handler"):
        if not params.get(name):
            raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty")
    auth_type = str(params.get("auth_type", ""))
    return (
        str(params["event"]).upper(),
        str(params["handler"]),
        int(auth_type) if auth_type.isdecimal() else None,
    )


def _app_bindings(request: Request) -> list[Binding]:
    return [b for b in request.portal.sender.bindings if b.webhook_token is None]
