"""What an app leaves with the portal: options, placements, robots, bots, and notifications.

Source: protocol.md 4.4, 9.3 and 9.4.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from bitrix_events.testing.kinds import USER
from bitrix_events.testing.methods import Methods, Params, Request, RestError, check_handler
from bitrix_events.testing.registrations import Bot, Placement
from bitrix_events.testing.sender import Binding

METHODS: Final = Methods()

_CRM_PLACES: Final = (
    *("LIST_MENU", "LIST_TOOLBAR", "DETAIL_TAB", "DETAIL_ACTIVITY", "DETAIL_TOOLBAR"),
    *("ACTIVITY_TIMELINE_MENU", "DOCUMENTGENERATOR_BUTTON"),
)
_CRM_KINDS: Final = ("LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE")
_DYNAMIC_PLACE: Final = re.compile(rf"CRM_DYNAMIC_\d+_({'|'.join(_CRM_PLACES)})")
PLACEMENTS: Final = sorted(
    {f"CRM_{kind}_{place}" for kind in _CRM_KINDS for place in _CRM_PLACES}
    | {"TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL", "TASK_LIST_CONTEXT_MENU"}
    | {"USER_PROFILE_MENU", "USER_PROFILE_TOOLBAR", "SONET_GROUP_DETAIL_TAB", "LEFT_MENU"}
    | {"IM_NAVIGATION", "IM_TEXTAREA", "IM_SIDEBAR", "IM_CONTEXT_MENU", "CALENDAR_GRIDVIEW"}
    | {"CALL_CARD", "CALL_LIST", "REST_APP_URI", "PAGE_BACKGROUND_WORKER"}
)
"""The places that the fake knows, whatever the scopes; those of smart processes besides."""
_ONLY_ONE: Final = frozenset({"REST_APP_URI", "PAGE_BACKGROUND_WORKER"})

_PROPERTY_NAME: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_MOST_BOTS: Final = 5
_BOT_EVENTS: Final = ("ONIMBOTMESSAGEADD", "ONIMBOTJOINCHAT", "ONIMBOTDELETE")


# Options.


def _register_options(method: str, *, own: bool) -> None:
    """Register get and set of the options of an app, or of its user."""

    @METHODS.add(f"{method}.get", app_only=True)
    def get_options(request: Request) -> Any:
        options = _options(request, own=own)
        name = request.params.get("option")
        if name:
            return options.get(str(name), "")
        return dict(options) or []

    @METHODS.add(f"{method}.set", app_only=True)
    def set_options(request: Request) -> bool:
        given = request.params.get("options")
        if not isinstance(given, dict) or not given:
            raise RestError("ArgumentNullException", "Argument 'options' is null or empty")
        if not own:
            _require_admin(request)
        _options(request, own=own).update(given)
        return True


def _options(request: Request, *, own: bool) -> dict[str, Any]:
    key = (request.client_id, request.user_id if own else 0)
    return request.portal.registrations.options.setdefault(key, {})


# Placements.


@METHODS.add("placement.list", scope="placement", app_only=True)
def list_placements(request: Request) -> list[str]:
    return PLACEMENTS


@METHODS.add("placement.get", scope="placement", app_only=True)
def get_placements(request: Request) -> list[dict[str, Any]]:
    return [
        {
            "placement": known.placement,
            "userId": known.user_id,
            "handler": known.handler,
            "title": known.title,
            "description": known.description,
            "options": known.options or [],
            "langAll": known.lang_all or [],
        }
        for known in _placements(request)
    ]


@METHODS.add("placement.bind", scope="placement", app_only=True)
def bind_placement(request: Request) -> bool:
    _require_admin(request)
    params = _upper(request)
    place, handler = _text(params, "PLACEMENT").upper(), _text(params, "HANDLER")
    if place not in PLACEMENTS and not _DYNAMIC_PLACE.fullmatch(place):
        raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    check_handler(handler)
    wanted = Placement(
        request.client_id,
        place,
        handler,
        _number(params, "USER_ID"),
        title=str(params.get("TITLE") or ""),
        description=str(params.get("DESCRIPTION") or ""),
        options=_mapping(params, "OPTIONS"),
        lang_all=_mapping(params, "LANG_ALL"),
    )
    mine = _placements(request)
    if wanted in mine:
        raise RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    if place in _ONLY_ONE and any(known.placement == place for known in mine):
        raise RestError("ERROR_PLACEMENT_MAX_COUNT", "Placement max count", status=200)
    if place == "PAGE_BACKGROUND_WORKER" and not wanted.options.get("errorHandlerUrl"):
        raise RestError("EMPTY_ERROR_HANDLER_URL", "No errorHandlerUrl in OPTIONS", status=200)
    request.portal.registrations.placements.append(wanted)
    return True


@METHODS.add("placement.unbind", scope="placement", app_only=True)
def unbind_placement(request: Request) -> dict[str, int]:
    _require_admin(request)
    params = _upper(request)
    place, handler = _text(params, "PLACEMENT").upper(), params.get("HANDLER")
    gone = [
        known
        for known in _placements(request)
        if known.placement == place and handler in (None, "", known.handler)
    ]
    for known in gone:
        request.portal.registrations.placements.remove(known)
    return {"count": len(gone)}


def _placements(request: Request) -> list[Placement]:
    known = request.portal.registrations.placements
    return [placement for placement in known if placement.client_id == request.client_id]


# Robots, and activities of business processes.


def _register_robots(sort: str) -> None:
    """Register add, update, delete and list of one sort of them."""
    prefix = f"bizproc.{sort}"

    @METHODS.add(f"{prefix}.add", scope="bizproc", app_only=True)
    def add_robot(request: Request) -> bool:
        _require_admin(request)
        params = _upper(request)
        code = _text(params, "CODE", "ERROR_ACTIVITY_VALIDATION_FAILURE")
        _check_robot(params)
        check_handler(_text(params, "HANDLER", "ERROR_ACTIVITY_VALIDATION_FAILURE"))
        robots, key = request.portal.registrations.robots, (request.client_id, sort, code)
        if key in robots:
            raise RestError(
                "ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed"
            )
        robots[key] = params
        return True

    @METHODS.add(f"{prefix}.update", scope="bizproc", app_only=True)
    def update_robot(request: Request) -> bool:
        key = _robot_key(request, sort)
        fields = request.mapping("FIELDS") or request.mapping("fields")
        changed = request.portal.registrations.robots[key] | fields
        _check_robot(changed)
        request.portal.registrations.robots[key] = changed
        return True

    @METHODS.add(f"{prefix}.delete", scope="bizproc", app_only=True)
    def delete_robot(request: Request) -> bool:
        del request.portal.registrations.robots[_robot_key(request, sort)]
        return True

    @METHODS.add(f"{prefix}.list", scope="bizproc", app_only=True)
    def list_robots(request: Request) -> list[str]:
        _require_admin(request)
        robots = request.portal.registrations.robots
        return [code for owner, kind, code in robots if (owner, kind) == (request.client_id, sort)]


def _robot_key(request: Request, sort: str) -> tuple[str, str, str]:
    _require_admin(request)
    key = (request.client_id, sort, str(_upper(request).get("CODE") or ""))
    if key not in request.portal.registrations.robots:
        raise RestError("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found")
    return key


def _check_robot(fields: Params) -> None:
    if not fields.get("NAME"):
        raise RestError("ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity NAME!")
    for name in ("PROPERTIES", "RETURN_PROPERTIES"):
        for key in _mapping(fields, name):
            if not _PROPERTY_NAME.fullmatch(str(key)):
                raise RestError("ERROR_ACTIVITY_VALIDATION_FAILURE", f"Wrong property key ({key})!")


# Bots, of the first version.


@METHODS.add("imbot.register", scope="imbot")
def register_bot(request: Request) -> int:
    """Make a bot, and bind its events to its handler; the same code is the same bot."""
    params, bots = _upper(request), request.portal.registrations.bots
    code, owner = _text(params, "CODE", "CODE_ERROR"), _bot_owner(request)
    name = str(_mapping(params, "PROPERTIES").get("NAME") or "")
    if not name:
        raise RestError("NAME_ERROR", "The name of the bot is required.")
    mine = [bot for bot in bots if bot.client_id == owner]
    for bot in mine:
        if bot.code == code:
            return bot.id
    if len(mine) >= _MOST_BOTS:
        raise RestError("MAX_COUNT_ERROR", "The app has as many bots as it may have.")
    handler = str(params.get("EVENT_HANDLER") or params.get("EVENT_MESSAGE_ADD") or "")
    check_handler(handler)
    user = request.portal.world.add(USER, {"NAME": name}, user_id=request.user_id)
    bots.append(Bot(owner, user.id, code, name, handler))
    for event in _BOT_EVENTS:
        binding = Binding(event, handler, client_id=owner)
        known = [replace(bound, id=0) for bound in request.portal.sender.bindings]
        if binding not in known:
            request.portal.sender.bind(binding)
    return user.id


@METHODS.add("imbot.update", scope="imbot")
def update_bot(request: Request) -> bool:
    bot, bots = _bot(request), request.portal.registrations.bots
    fields = request.mapping("FIELDS")
    name = str(_mapping(fields, "PROPERTIES").get("NAME") or bot.name)
    bots[bots.index(bot)] = replace(bot, name=name, code=str(fields.get("CODE") or bot.code))
    request.portal.world.change(USER, bot.id, {"NAME": name}, user_id=request.user_id)
    return True


@METHODS.add("imbot.unregister", scope="imbot")
def unregister_bot(request: Request) -> bool:
    """Remove a bot and tell its handler, which hears no more then unless another bot has it."""
    bot, bots, sender = _bot(request), request.portal.registrations.bots, request.portal.sender
    bots.remove(bot)
    sender.raise_event(
        "ONIMBOTDELETE",
        {"BOT_ID": bot.id, "BOT_CODE": bot.code},
        user_id=request.user_id,
        client_id=bot.client_id,
    )
    if not any((b.client_id, b.handler) == (bot.client_id, bot.handler) for b in bots):
        sender.bindings[:] = [
            bound
            for bound in sender.bindings
            if (bound.client_id, bound.handler) != (bot.client_id, bot.handler)
            or bound.event not in _BOT_EVENTS
        ]
    request.portal.world.delete(USER, bot.id)
    return True


@METHODS.add("imbot.bot.list", scope="imbot")
def list_bots(request: Request) -> dict[str, dict[str, Any]]:
    return {
        str(bot.id): {"ID": bot.id, "NAME": bot.name, "CODE": bot.code, "OPENLINE": "N"}
        for bot in request.portal.registrations.bots
    }


def _bot(request: Request) -> Bot:
    record_id, owner = str(_upper(request).get("BOT_ID", "")), _bot_owner(request)
    for bot in request.portal.registrations.bots:
        if (str(bot.id), bot.client_id) == (record_id, owner):
            return bot
    raise RestError("BOT_ID_ERROR", "Bot not found")


def _bot_owner(request: Request) -> str:
    """The app that calls; a webhook chooses a name for itself."""
    return request.client_id or f"custom{_upper(request).get('CLIENT_ID', '')}"


# Notifications.


@METHODS.add("im.notify", scope="im")
@METHODS.add("im.notify.personal.add", scope="im")
@METHODS.add("im.notify.system.add", scope="im")
def notify(request: Request) -> int:
    """Tell a user something; `FakePortal.calls` shows what."""
    params = _upper(request)
    user_id = str(params.get("USER_ID", params.get("TO", "")))
    if not user_id.isdecimal() or int(user_id) not in request.portal.world.table(USER):
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    if not params.get("MESSAGE"):
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    request.portal.registrations.last_notification_id += 1
    return request.portal.registrations.last_notification_id


def _require_admin(request: Request) -> None:
    if not request.portal.world.is_admin(request.user_id):
        raise RestError("ACCESS_DENIED", "Access denied!")


def _upper(request: Request) -> Params:
    """The parameters, whose names are taken in any case."""
    return {name.upper(): value for name, value in request.params.items()}


def _mapping(params: Params, name: str) -> Params:
    """A parameter that is a mapping; anything else is an empty one."""
    value = params.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _number(params: Params, name: str) -> int:
    value = str(params.get(name) or "")
    return int(value) if value.isdecimal() else 0


def _text(params: Params, name: str, code: str = "ERROR_ARGUMENT") -> str:
    if not params.get(name):
        raise RestError(code, f"Argument '{name}' is null or empty")
    return str(params[name])


_register_options("app.option", own=False)
_register_options("user.option", own=True)
_register_robots("robot")
_register_robots("activity")
