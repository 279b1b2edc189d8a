"""The methods about events: which there are, and who is told about them.

Source: protocol.md 8.1, 8.2 and 8.6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from bitrix_events.testing import catalog
from bitrix_events.testing.methods import Methods, Request, RestError, check_handler
from bitrix_events.testing.sender import Binding

METHODS: Final = Methods()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The parameters of event.bind and event.unbind."""

    event: str
    handler: str
    """Empty if offline."""
    auth_type: int | None
    offline: bool
    connector_id: str
    min_timeout: float


@METHODS.add("events")
def list_events(request: Request) -> list[str]:
    if request.params.get("FULL"):
        return catalog.events_of()
    scope = request.params.get("SCOPE")
    return catalog.events_of({str(scope)} if scope else _scopes(request))


@METHODS.add("event.bind", app_only=True)
def bind_event(request: Request) -> bool:
    """Bind an event; the same binding again is refused in the portal's own words."""
    wanted = _wanted(request)
    if not catalog.is_known(wanted.event, _scopes(request)):
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    if wanted.offline and wanted.event == "ONOFFLINEEVENT":
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event can not be offline")
    if not wanted.offline:
        check_handler(wanted.handler)
    if wanted.connector_id and request.portal.features.get("rest_auth_connector") != "Y":
        raise RestError("WRONG_LICENSE", "auth_connector is not available")
    user_id = _allowed_user(request, wanted) or 0
    binding = Binding(
        wanted.event,
        wanted.handler,
        user_id,
        client_id=request.client_id,
        offline=wanted.offline,
        connector_id=wanted.connector_id,
        min_timeout=wanted.min_timeout,
    )
    if binding in [replace(known, id=0) for known in _app_bindings(request)]:
        raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
    request.portal.sender.bind(binding)
    return True


@METHODS.add("event.unbind", app_only=True)
def unbind_event(request: Request) -> dict[str, int]:
    """End bindings; without a user those of all users."""
    wanted = _wanted(request)
    user_id = _allowed_user(request, wanted)
    gone = [
        known
        for known in _app_bindings(request)
        if (known.event, known.handler) == (wanted.event, wanted.handler)
        and (known.offline, known.connector_id) == (wanted.offline, wanted.connector_id)
        and user_id in (None, known.auth_type)
    ]
    for binding in gone:
        request.portal.sender.bindings.remove(binding)
    return {"count": len(gone)}


@METHODS.add("event.get", app_only=True)
def get_bindings(request: Request) -> list[dict[str, Any]]:
    """The bindings of the calling app; of the caller alone if he is no administrator."""
    sees_all = request.portal.world.is_admin(request.user_id)
    return [
        _row(binding)
        for binding in _app_bindings(request)
        if sees_all or (binding.auth_type == request.user_id and not binding.offline)
    ]


@METHODS.add("event.test", app_only=True)
def test_event(request: Request) -> int:
    """Raise ONAPPTEST, which echoes the parameters."""
    request.portal.sender.raise_event(
        "ONAPPTEST",
        {"QUERY": request.params, "LANGUAGE_ID": request.portal.site.language},
        user_id=request.user_id,
        client_id=request.client_id,
    )
    return 1


def _row(binding: Binding) -> dict[str, Any]:
    if binding.offline:
        return {"event": binding.event, "connector_id": binding.connector_id, "offline": 1}
    return {
        "event": binding.event,
        "handler": binding.handler,
        "auth_type": str(binding.auth_type),
        "offline": 0,
    }


def _scopes(request: Request) -> set[str]:
    return set(request.portal.site.scope.split(","))


def _wanted(request: Request) -> _Wanted:
    """What is to be bound or unbound. Parameter names are taken in any case."""
    params = {name.lower(): value for name, value in request.params.items()}
    offline = str(params.get("event_type", "online")).lower() == "offline"
    for name in ("event",) if offline else ("event", "handler"):
        if not params.get(name):
            raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty")
    auth_type = str(params.get("auth_type", ""))
    options = params.get("options")
    timeout = str(options.get("minTimeout") if isinstance(options, dict) else "")
    return _Wanted(
        event=str(params["event"]).upper(),
        handler="" if offline else str(params["handler"]),
        auth_type=int(auth_type) if auth_type.isdecimal() else None,
        offline=offline,
        connector_id=request.connector_id,
        min_timeout=float(timeout) if timeout.isdecimal() else 1.0,
    )


def _allowed_user(request: Request, wanted: _Wanted) -> int | None:
    """The user that a binding is for. Who is no administrator speaks for himself only."""
    if request.portal.world.is_admin(request.user_id):
        return 0 if wanted.offline else wanted.auth_type
    if wanted.offline or wanted.auth_type not in (None, 0, request.user_id):
        raise RestError("ACCESS_DENIED", "Access denied!")
    return request.user_id


def _app_bindings(request: Request) -> list[Binding]:
    return [b for b in request.portal.sender.bindings if b.client_id == request.client_id]
