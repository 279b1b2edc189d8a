"""Every way in which lists of a portal are paged has a list of the fake that is paged so."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bitrix_events.testing import FakePortal, Habit

SCOPE = "crm,user,task,catalog,department,im,disk"


class Rest:
    """Calls through the incoming webhook."""

    def __init__(self, portal: FakePortal) -> None:
        self.http = httpx.AsyncClient(transport=portal.transport, base_url=portal.webhook_url)

    async def __call__(self, method: str, **params: Any) -> Any:
        return (await self.http.post(method, json=params)).json()


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal(clock=lambda: 1790000000.0, scope=SCOPE)


@pytest.fixture
async def rest(portal: FakePortal) -> AsyncIterator[Rest]:
    client = Rest(portal)
    yield client
    await client.http.aclose()


async def test_tasks_are_asked_for_in_upper_case_and_answered_in_camel_case(
    portal: FakePortal, rest: Rest
) -> None:
    portal.fill("task", 60, TITLE="Roof", RESPONSIBLE_ID=7)

    counted = await rest(
        "tasks.task.list",
        filter={">ID": 5, "RESPONSIBLE_ID": 7},
        order={"ID": "DESC"},
        select=["ID", "TITLE", "RESPONSIBLE_ID"],
    )
    uncounted = await rest("tasks.task.list", filter={">ID": 58}, start=-1)

    assert counted["result"]["tasks"][0] == {"id": "60", "title": "Roof", "responsibleId": "7"}
    assert (counted["total"], counted["next"]) == (55, 50)
    assert [task["id"] for task in uncounted["result"]["tasks"]] == ["59", "60"]
    assert uncounted["result"]["tasks"][0]["createdDate"] == "2026-09-21T14:13:20+00:00"
    assert not {"total", "next"} & set(uncounted)


async def test_users_are_sorted_by_name_and_way_and_uncounted_pages_have_the_total_0(
    portal: FakePortal, rest: Rest
) -> None:
    portal.fill("user", 60, NAME="Boris", LAST_NAME="Roof")

    counted = await rest("user.get", sort="ID", order="DESC", FILTER={"NAME": "Boris"})
    uncounted = await rest("user.get", FILTER={">ID": 1}, start=-1)
    found = await rest("user.search", FIND="bor roo", sort="ID", order="ASC", start=50)
    nobody = await rest("user.search", FIND="nobody")

    assert (counted["total"], counted["next"], counted["result"][0]["ID"]) == (60, 50, "61")
    assert (uncounted["total"], len(uncounted["result"])) == (0, 50)
    assert "next" not in uncounted
    assert [user["ID"] for user in found["result"]] == [str(n) for n in range(52, 62)]
    assert (nobody["result"], nobody["total"]) == ([], 0)


async def test_statuses_come_all_at_once(portal: FakePortal, rest: Rest) -> None:
    portal.fill("status", 70, ENTITY_ID="SOURCE")
    portal.fill("status", 5, ENTITY_ID="DEAL_STAGE")

    pages = [await rest("crm.status.list", start=start) for start in (0, 50, -1)]
    chosen = await rest("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE"})

    assert [len(page["result"]) for page in pages] == [75, 75, 75]
    assert [page.get("next") for page in pages] == [None] * 3
    assert len(chosen["result"]) == 5


async def test_addresses_have_no_id_to_page_by(portal: FakePortal, rest: Rest) -> None:
    for number in range(60):
        portal.add("address", ENTITY_ID=number, CITY="Bern" if number % 2 else "Rome")

    pages = [
        await rest("crm.address.list", start=start, filter={">ID": 5}, order={"ID": "DESC"})
        for start in (0, 50)
    ]
    chosen = await rest("crm.address.list", filter={"CITY": "Bern", ">=ENTITY_ID": 50})

    rows = [row for page in pages for row in page["result"]]
    assert [row["ENTITY_ID"] for row in rows] == [str(n) for n in range(60)]
    assert {"TYPE_ID", "ENTITY_TYPE_ID"} < set(rows[0])
    assert "ID" not in rows[0]
    assert (pages[0]["total"], pages[0]["next"], chosen["total"]) == (60, 50, 5)


async def test_activities_are_read_as_deals_are(portal: FakePortal, rest: Rest) -> None:
    portal.fill("activity", 60, SUBJECT="Call", OWNER_ID=1, OWNER_TYPE_ID=2)

    page = await rest(
        "crm.activity.list", filter={">ID": 57}, order={"ID": "ASC"}, select=["ID"], start=-1
    )

    assert page["result"] == [{"ID": "58"}, {"ID": "59"}, {"ID": "60"}]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"select": ["id", "iblockId"]},
        {"select": ["id"], "filter": {"iblockId": 23}},
        {"select": ["id", "iblockId"], "filter": {">id": 5}},
    ],
)
async def test_products_need_the_id_and_the_catalogue_named(
    rest: Rest, params: dict[str, Any]
) -> None:
    answer = await rest.http.post("catalog.product.list", json=params)

    assert (answer.status_code, answer.json()["error"]) == (400, 0)


async def test_products_are_rows_with_whole_ids(portal: FakePortal, rest: Rest) -> None:
    portal.fill("product", 60, NAME="Nail", IBLOCK_ID=23)
    portal.fill("product", 5, NAME="Screw", IBLOCK_ID=24)

    query = {"select": ["id", "iblockId", "name"], "filter": {"iblockId": 23, ">id": 55}}
    page = await rest("catalog.product.list", **query, order={"id": "asc"}, start=-1)

    assert [row["id"] for row in page["result"]["products"]] == [56, 57, 58, 59, 60]
    assert page["result"]["products"][0] == {"id": 56, "iblockId": 23, "name": "Nail"}


async def test_departments_know_exact_conditions_only(portal: FakePortal, rest: Rest) -> None:
    portal.add("department", NAME="Roof")
    portal.fill("department", 59, NAME="Wall", PARENT=1)

    named = await rest("department.get", NAME="Roof")
    walls = await rest("department.get", **{"PARENT": 1, ">ID": 55}, sort="ID", order="DESC")
    second = await rest("department.get", start=50)

    assert [row["ID"] for row in named["result"]] == ["1"]
    assert (walls["total"], walls["next"], walls["result"][0]["ID"]) == (59, 50, "60")
    assert [row["ID"] for row in second["result"]] == [str(n) for n in range(51, 61)]


async def test_people_in_chats_are_a_mapping_read_by_offset_and_limit(
    portal: FakePortal, rest: Rest
) -> None:
    portal.fill("user", 30, NAME="Boris")

    first = await rest("im.search.user.list", FIND="boris", LIMIT=20)
    second = await rest("im.search.user.list", FIND="boris", OFFSET=20, LIMIT=20)
    none = await rest("im.search.user.list", FIND="boris", OFFSET=40)

    assert list(first["result"]) == [str(n) for n in range(2, 22)]
    assert first["result"]["2"]["name"] == "Boris"
    assert (first["total"], first["next"]) == (30, 20)
    assert len(second["result"]) == 10
    assert "next" not in second
    assert none["result"] == []


async def test_spent_time_is_asked_for_by_position(portal: FakePortal, rest: Rest) -> None:
    portal.fill("elapsed_item", 60, TASK_ID=1)
    portal.fill("elapsed_item", 60, TASK_ID=2)
    navigation = {"NAV_PARAMS": {"nPageSize": 20, "iNumPage": 3}}

    page = await rest(
        "task.elapseditem.getlist", a={"ID": "desc"}, b={">ID": 50}, c=["ID"], d=navigation
    )
    of_task = await rest("task.elapseditem.getlist", TASKID=2, ORDER={"ID": "asc"}, FILTER={})
    swapped = await rest.http.post(
        "task.elapseditem.getlist", json={"SELECT": ["ID"], "ORDER": {"ID": "desc"}}
    )

    assert [row["ID"] for row in page["result"]] == [str(n) for n in range(80, 60, -1)]
    assert page["result"][0] == {"ID": "80"}
    assert (page["total"], page["next"]) == (70, 60)
    assert (of_task["total"], of_task["result"][0]["ID"]) == (60, "61")
    assert (swapped.status_code, swapped.json()["error"]) == (400, "ERROR_ARGUMENT")


async def test_a_token_among_positional_parameters_is_one_too_many(portal: FakePortal) -> None:
    token = portal.issue_tokens().access_token
    async with httpx.AsyncClient(transport=portal.transport, base_url=portal.rest_url) as http:
        among = await http.post("task.elapseditem.getlist", json={"auth": token})
        apart = await http.post(
            "task.elapseditem.getlist", json={}, headers={"Authorization": f"Bearer {token}"}
        )

    assert (among.status_code, among.json()["error"]) == (400, "ERROR_ARGUMENT")
    assert apart.json()["result"] == []


async def test_a_folder_lists_what_is_in_it(portal: FakePortal, rest: Rest) -> None:
    portal.fill("disk_object", 60, NAME="plan.pdf", PARENT_ID=9)
    portal.fill("disk_object", 5, NAME="other.pdf", PARENT_ID=8)

    page = await rest("disk.folder.getchildren", id=9, filter={">ID": 58}, order={"ID": "ASC"})

    assert [(row["ID"], row["PARENT_ID"]) for row in page["result"]] == [("59", "9"), ("60", "9")]
    assert page["total"] == 2


async def test_types_are_rows_of_their_own_name(portal: FakePortal, rest: Rest) -> None:
    portal.add("type", TITLE="Roofs", ENTITY_TYPE_ID=130)
    portal.add("type", TITLE="Walls", ENTITY_TYPE_ID=131)

    page = await rest("crm.type.list", filter={"entityTypeId": 131})

    (row,) = page["result"]["types"]
    assert (row["id"], row["title"], row["entityTypeId"]) == (2, "Walls", 131)


async def test_a_list_can_be_made_odd(portal: FakePortal, rest: Rest) -> None:
    portal.fill("deal", 60)
    query: dict[str, Any] = {"filter": {">ID": 55}, "order": {"ID": "DESC"}, "select": ["ID"]}

    async def ids(start: int = 0) -> list[int]:
        answer = await rest("crm.deal.list", **query, start=start)
        return [int(row["ID"]) for row in answer["result"]]

    ordinary = await ids()
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER)
    unfiltered = await ids()
    portal.quirk("crm.deal.list", Habit.IGNORES_ORDER)
    unordered = await ids()
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER, Habit.IGNORES_START)
    always_first = await ids(start=50)
    portal.quirk("crm.deal.list")

    assert ordinary == [60, 59, 58, 57, 56]
    assert unfiltered == always_first == list(range(60, 10, -1))
    assert unordered == [56, 57, 58, 59, 60]
    assert await ids() == ordinary


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ({"!%TITLE": "roof"}, ["2", "3"]),
        ({"=%TITLE": "%roof"}, ["1", "4"]),
        ({"%=TITLE": "7"}, ["3"]),
        ({"!=%TITLE": "%roof"}, ["2", "3"]),
        ({"><OPPORTUNITY": [20, 30]}, ["2", "3"]),
        ({"!><ID": ["2", "3"]}, ["1", "4"]),
        ({"@ID": {"1": "2", "5": "4"}}, ["2", "4"]),
        ({"@ID": []}, []),
        ({"TITLE": "7"}, ["3"]),
        ({"TITLE": "007"}, ["2"]),
        ({"!COMMENTS": False}, ["2"]),
        ({"COMMENTS": False}, ["1", "3", "4"]),
        ({"CLOSED": True}, ["4"]),
        ({"BEGINDATE": "2026-03-02"}, ["2"]),
        ({">=BEGINDATE": "2026-03-03"}, ["3", "4"]),
        ({">BEGINDATE": "2026-03-03T02:30:00+03:00"}, ["3", "4"]),
    ],
)
async def test_conditions_of_every_sort(
    portal: FakePortal, rest: Rest, conditions: Any, ids: list[str]
) -> None:
    for day, title in enumerate(("A roof", "007", "7", "The Roof"), 1):
        portal.add("deal", TITLE=title, OPPORTUNITY=day * 10, BEGINDATE=f"2026-03-0{day}")
    portal.change("deal", 2, COMMENTS="Hello")
    portal.change("deal", 4, STAGE_ID="WON")

    found = await rest("crm.deal.list", filter=conditions, select={"0": "ID", "2": "TITLE"})

    assert [row["ID"] for row in found["result"]] == ids
    assert all(row.keys() == {"ID", "TITLE"} for row in found["result"])


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
async def test_dates_mean_the_same_wherever_the_tests_run(
    portal: FakePortal, rest: Rest, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.add("deal", BEGINDATE="2026-03-05")
    portal.add("task", DEADLINE="2026-03-05T18:00:00+03:00")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        same = await rest("crm.deal.list", filter={"BEGINDATE": "2026-03-05"})
        before = await rest("tasks.task.list", filter={"<DEADLINE": "2026-03-05 15:01:00"})
    finally:
        monkeypatch.undo()
        time.tzset()

    assert [row["BEGINDATE"] for row in same["result"]] == ["2026-03-05T00:00:00+00:00"]
    assert [t["deadline"] for t in before["result"]["tasks"]] == ["2026-03-05T15:00:00+00:00"]


async def test_groups_of_conditions_are_refused_and_not_overlooked(rest: Rest) -> None:
    group = {"0": {"logic": "OR", "0": {"id": 1}, "1": {"id": 2}}}

    of_tasks = {"::LOGIC": "AND", "::SUBFILTER-1": {"::LOGIC": "OR", "ID": 1}}

    assert (await rest("crm.item.list", entityTypeId=2, filter=group))["error"] == "ERROR_ARGUMENT"
    assert (await rest("tasks.task.list", filter=of_tasks))["error"] == "ERROR_ARGUMENT"


async def test_rows_are_sorted_by_several_fields_and_without_regard_to_case(
    portal: FakePortal, rest: Rest
) -> None:
    for title, amount in (("beta", 1), ("Alpha", 2), ("Beta", 3), ("alpha", 2)):
        portal.add("deal", TITLE=title, OPPORTUNITY=amount)

    order = {"TITLE": "ASC", "OPPORTUNITY": "DESC", "ID": "DESC"}
    found = await rest("crm.deal.list", order=order)

    assert [row["ID"] for row in found["result"]] == ["4", "2", "3", "1"]


@pytest.mark.parametrize("no", [False, "N", "0", 0])
async def test_a_flag_is_asked_for_in_whatever_way(
    portal: FakePortal, rest: Rest, no: object
) -> None:
    gone = portal.add("user", NAME="Boris", ACTIVE=False)

    found = await rest("user.get", FILTER={"ACTIVE": no})

    assert [user["ID"] for user in found["result"]] == [str(gone)]


async def test_parameters_may_be_named_in_upper_case(rest: Rest, portal: FakePortal) -> None:
    portal.fill("deal", 3, TITLE="Roof")

    answer = await rest("crm.deal.list", FILTER={">ID": 1}, ORDER={"ID": "DESC"}, SELECT=["ID"])

    assert answer["result"] == [{"ID": "3"}, {"ID": "2"}]
