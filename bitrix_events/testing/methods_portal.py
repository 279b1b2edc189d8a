"""The methods about the portal itself: its users, the app, what the app may do.

Source: protocol.md 9.2.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.kinds import USER
from bitrix_events.testing.methods import OWN_METHODS, Answer, Methods, Params, Request, RestError
from bitrix_events.testing.methods_lists import user_row, users_page
from bitrix_events.testing.world import iso_time

METHODS: Final = Methods()


@METHODS.add("user.get", scope="user")
def get_users(request: Request) -> Answer:
    return users_page(request)


@METHODS.add("user.current", scope="user")
def get_current_user(request: Request) -> dict[str, Any]:
    return user_row(request.portal.world.get(USER, request.user_id))


@METHODS.add("user.fields", scope="user")
def describe_user(request: Request) -> dict[str, str]:
    """The fields by name, each with its title: the fake has none but the name."""
    return {name: name for name in USER.fields if name != "ADMIN"}


@METHODS.add("user.add", scope="user")
def add_user(request: Request) -> int:
    """Fields stand at the top level."""
    if not request.params.get("EMAIL"):
        raise RestError("ERROR_ARGUMENT", "Argument 'EMAIL' is null or empty")
    return int(request.add(USER, _user_fields(request))["ID"])


@METHODS.add("user.update", scope="user")
def update_user(request: Request) -> bool:
    """Fields stand at the top level, beside the ID."""
    request.update(USER, request.record_id("ID"), _user_fields(request))
    return True


@METHODS.add("user.admin")
def is_admin(request: Request) -> bool:
    return request.portal.world.is_admin(request.user_id)


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
        "VERSION": site.version,
        "STATUS": site.status,
        "INSTALLED": request.portal.oauth.installed,
        "PAYMENT_EXPIRED": "N" if request.portal.oauth.paid else "Y",
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


@METHODS.add("method.get")
def get_method(request: Request) -> dict[str, bool]:
    """Whether there is such a method, and whether the app may call it."""
    name = request.params.get("name", request.params.get("NAME"))
    if not name:
        raise RestError("ERROR_ARGUMENT", "Argument 'name' is null or empty")
    if str(name).lower() in OWN_METHODS:
        return {"isExisting": True, "isAvailable": True}
    known = request.portal.methods.get(str(name).lower())
    scopes = (None, "", *request.portal.site.scope.split(","))
    return {
        "isExisting": known is not None,
        "isAvailable": known is not None and known.scope in scopes,
    }


@METHODS.add("feature.get")
def get_feature(request: Request) -> dict[str, str]:
    """Whether the portal's plan has a feature; one that nobody knows is none."""
    code = request.params.get("CODE", request.params.get("code"))
    if not code:
        raise RestError("CODE_EMPTY", "Argument 'CODE' is null or empty")
    return {"value": request.portal.features.get(str(code), "N")}


def _user_fields(request: Request) -> Params:
    return {name: value for name, value in request.params.items() if name not in ("ID", "ADMIN")}
