"""Apps register options, placements, robots and bots with the fake portal."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal
from tests.contract.test_fake_kinds import HANDLER, Api, api, portal, told

__all__ = ["api", "portal"]

TAB = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": HANDLER, "TITLE": "Roofs"}
ROBOT = {"CODE": "measure", "HANDLER": HANDLER, "NAME": "Measure"}
BOT = {"CODE": "helper", "EVENT_HANDLER": HANDLER, "PROPERTIES": {"NAME": "Helper"}}


async def of_user(portal: FakePortal, user_id: int, method: str, **params: Any) -> Any:
    token = portal.issue_tokens(user_id).access_token
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        answer = (await http.post(method, json={"auth": token, **params})).json()
    return answer.get("error", answer.get("result"))


async def test_options_are_the_apps_or_its_users(portal: FakePortal, api: Api) -> None:
    boris = portal.add("user", NAME="Boris")

    assert await api("app.option.get") == []
    await api("app.option.set", options={"color": "red", "size": "7"})
    await api("user.option.set", options={"color": "blue"})

    assert await api("app.option.get") == {"color": "red", "size": "7"}
    assert await api("app.option.get", option="color") == "red"
    assert await api("user.option.get", option="color") == "blue"
    assert await of_user(portal, boris, "user.option.get") == []
    assert await of_user(portal, boris, "app.option.get", option="size") == "7"
    assert await of_user(portal, boris, "app.option.set", options={"a": 1}) == "ACCESS_DENIED"
    assert await api("app.option.set") == "ArgumentNullException"


async def test_a_placement_is_bound_once_and_unbound(portal: FakePortal, api: Api) -> None:
    assert await api("placement.bind", **TAB) is True
    assert await api("placement.bind", **TAB | {"TITLE": "Other"}) == "ERROR_CORE"
    assert await api("placement.bind", **TAB | {"PLACEMENT": "CRM_DYNAMIC_147_DETAIL_TAB"}) is True

    first, second = await api("placement.get")

    assert (first["placement"], first["handler"], first["title"], first["userId"]) == (
        "CRM_DEAL_DETAIL_TAB",
        HANDLER,
        "Roofs",
        0,
    )
    assert second["placement"] == "CRM_DYNAMIC_147_DETAIL_TAB"
    assert TAB["PLACEMENT"] in await api("placement.list")
    assert await api("placement.unbind", PLACEMENT=TAB["PLACEMENT"]) == {"count": 1}
    assert await api("placement.unbind", PLACEMENT=TAB["PLACEMENT"]) == {"count": 0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PLACEMENT": "CRM_MOON_DETAIL_TAB"}, "ERROR_PLACEMENT_NOT_FOUND"),
        ({"HANDLER": "ftp://app.test"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({"HANDLER": "https://app.test/" + "x" * 300}, "ERROR_WRONG_HANDLER_URL"),
        ({"HANDLER": ""}, "ERROR_ARGUMENT"),
        ({"PLACEMENT": "REST_APP_URI"}, "ERROR_PLACEMENT_MAX_COUNT"),
        ({"PLACEMENT": "PAGE_BACKGROUND_WORKER"}, "EMPTY_ERROR_HANDLER_URL"),
    ],
)
async def test_what_cannot_be_placed_is_refused(api: Api, changes: Any, code: str) -> None:
    await api("placement.bind", PLACEMENT="REST_APP_URI", HANDLER="https://app.test/first")

    assert await api("placement.bind", **TAB | changes) == code


async def test_a_refusal_of_the_placements_own_comes_with_the_status_of_success(api: Api) -> None:
    """protocol.md 4.4."""
    worker = {"PLACEMENT": "PAGE_BACKGROUND_WORKER", "HANDLER": "https://app.test/worker"}

    refused = await api.http.post("placement.bind", json=worker)
    options = {"OPTIONS": {"errorHandlerUrl": "https://app.test/trouble"}}

    assert (refused.status_code, refused.json()["error"]) == (200, "EMPTY_ERROR_HANDLER_URL")
    assert await api("placement.bind", **worker, **options) is True


@pytest.mark.parametrize("sort", ["robot", "activity"])
async def test_robots_are_known_by_their_codes(api: Api, sort: str) -> None:
    method = f"bizproc.{sort}"

    assert await api(f"{method}.add", **ROBOT, PROPERTIES={"height_1": {"Type": "int"}}) is True
    assert await api(f"{method}.add", **ROBOT) == "ERROR_ACTIVITY_ALREADY_INSTALLED"
    assert await api(f"{method}.update", CODE="measure", FIELDS={"NAME": "Gauge"}) is True
    assert await api(f"{method}.list") == ["measure"]
    assert await api(f"{method}.delete", CODE="measure") is True

    assert await api(f"{method}.list") == []
    assert await api(f"{method}.delete", CODE="measure") == "ERROR_ACTIVITY_NOT_FOUND"
    wrong = ROBOT | {"PROPERTIES": {"1st": {"Type": "int"}}}
    assert await api(f"{method}.add", **wrong) == "ERROR_ACTIVITY_VALIDATION_FAILURE"
    nameless = ROBOT | {"NAME": ""}
    assert await api(f"{method}.add", **nameless) == "ERROR_ACTIVITY_VALIDATION_FAILURE"


async def test_a_bot_is_a_user_whose_events_reach_its_handler(portal: FakePortal, api: Api) -> None:
    bot = await api("imbot.register", **BOT)
    portal.raise_event("ONIMBOTMESSAGEADD", {"PARAMS": {"MESSAGE": "hi"}})
    await portal.settled()

    assert portal.record("user", bot)["NAME"] == "Helper"
    assert told(portal) == [("ONIMBOTMESSAGEADD", {"PARAMS": {"MESSAGE": "hi"}})]
    assert await api("imbot.register", **BOT) == bot
    await api("imbot.update", BOT_ID=bot, FIELDS={"PROPERTIES": {"NAME": "Aide"}})
    assert await api("imbot.bot.list") == {
        str(bot): {"ID": bot, "NAME": "Aide", "CODE": "helper", "OPENLINE": "N"}
    }
    assert await api("imbot.unregister", BOT_ID=bot) is True
    assert await api("imbot.unregister", BOT_ID=bot) == "BOT_ID_ERROR"


async def test_the_handler_of_a_bot_hears_of_its_end_and_nothing_afterwards(
    portal: FakePortal, api: Api
) -> None:
    first, second = [
        await api("imbot.register", **BOT | {"CODE": code}) for code in ("first", "second")
    ]

    for bot in (first, second):
        portal.raise_event("ONIMBOTMESSAGEADD", {"PARAMS": {"MESSAGE": str(bot)}})
        await api("imbot.unregister", BOT_ID=bot)
    portal.raise_event("ONIMBOTMESSAGEADD", {"PARAMS": {"MESSAGE": "nobody"}})
    await portal.settled()

    assert [code for code, _ in told(portal)] == ["ONIMBOTMESSAGEADD", "ONIMBOTDELETE"] * 2
    assert told(portal)[3][1] == {"BOT_ID": str(second), "BOT_CODE": "second"}
    assert portal.bindings == []


async def test_an_app_has_five_bots_at_most(api: Api) -> None:
    answers = [await api("imbot.register", **BOT | {"CODE": f"bot{n}"}) for n in range(6)]

    assert answers[5] == "MAX_COUNT_ERROR"
    assert len(await api("imbot.bot.list")) == 5
    assert await api("imbot.register", **BOT | {"PROPERTIES": {}}) == "NAME_ERROR"


async def test_a_notification_goes_to_a_user_there_is(portal: FakePortal, api: Api) -> None:
    assert await api("im.notify.system.add", USER_ID=1, MESSAGE="Done") == 1
    assert await api("im.notify.personal.add", USER_ID=1, MESSAGE="Done") == 2

    assert await api("im.notify.system.add", USER_ID=99, MESSAGE="Done") == "USER_ID_EMPTY"
    assert await api("im.notify.system.add", USER_ID=1) == "MESSAGE_EMPTY"
    assert portal.calls("im.notify.system.add")[0].params["MESSAGE"] == "Done"


async def test_an_update_removes_robots_and_a_removal_placements_too(
    portal: FakePortal, api: Api
) -> None:
    await api("app.option.set", options={"color": "red"})
    await api("placement.bind", **TAB)
    await api("bizproc.robot.add", **ROBOT)

    await portal.update(HANDLER)
    assert await api("bizproc.robot.list") == []
    assert len(await api("placement.get")) == 1

    await portal.uninstall()
    again = Api(portal)
    assert await again("placement.get") == []
    assert await again("bizproc.robot.list") == []


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        ("http://[::1", "ERROR_WRONG_HANDLER_URL"),
        ("https://", "ERROR_WRONG_HANDLER_URL"),
        (f"https://app.test/{'x' * 240}", "ERROR_WRONG_HANDLER_URL"),
        ("ftp://app.test/", "ERROR_UNSUPPORTED_PROTOCOL"),
    ],
)
async def test_an_address_that_nobody_could_post_to_is_refused(
    api: Api, handler: str, code: str
) -> None:
    bot = BOT | {"EVENT_HANDLER": handler}

    assert await api("event.bind", event="ONCRMDEALADD", handler=handler) == code
    assert await api("placement.bind", **TAB | {"HANDLER": handler}) == code
    assert await api("bizproc.robot.add", **ROBOT | {"HANDLER": handler}) == code
    assert await api("imbot.register", **bot) == code


async def test_parameters_that_are_no_mappings_are_empty_ones(api: Api) -> None:
    odd = {"OPTIONS": "x", "LANG_ALL": ["x"], "USER_ID": "x"}

    assert await api("placement.bind", **TAB, **odd) is True
    assert await api("bizproc.robot.add", **ROBOT, PROPERTIES=1.5, RETURN_PROPERTIES="x") is True
    assert await api("imbot.register", **BOT | {"PROPERTIES": ["x"]}) == "NAME_ERROR"
    assert (await api("placement.get"))[0]["options"] == []


@pytest.mark.parametrize(("clean", "left"), [(False, {"color": "red"}), (True, [])])
async def test_options_outlive_the_app_unless_its_data_is_deleted(
    portal: FakePortal, api: Api, clean: bool, left: object
) -> None:
    await api("app.option.set", options={"color": "red"})
    await api("placement.bind", **TAB)

    await portal.uninstall(clean=clean)

    assert await of_user(portal, 1, "app.option.get") == left  # which installs it again
    assert await of_user(portal, 1, "placement.get") == []
