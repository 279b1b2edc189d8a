"""Reading by id: complete or an exception, in few requests, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bitrix_events.errors import AnswerTooLarge, IncompleteList, RestError
from bitrix_events.rest.access import Authorization
from bitrix_events.rest.client import Client
from bitrix_events.rest.pace import UNLIMITED, Limits
from bitrix_events.testing import FakePortal
from bitrix_events.testing.faults import Fault
from bitrix_events.testing.limits import Operating
from bitrix_events.testing.methods import Habit
from bitrix_events.testing.rest import Call
from tests.unit.rest.lists import QUICK, deal_ids, portal_with, reading

SMALL_PAGE = 2
"""With pages of two, a list of 430 rows is divided and read side by side."""


def with_gaps(count: int, share: float, seed: int = 1) -> list[int]:
    chance = random.Random(seed)
    ids: list[int] = []
    candidate = 0
    while len(ids) < count:
        candidate += 1
        if chance.random() >= share:
            ids.append(candidate)
    return ids


def small_paged(ids: Sequence[int]) -> FakePortal:
    portal = portal_with("deal", ids)
    portal.page_size = SMALL_PAGE
    return portal


# Numbers of requests.


@pytest.mark.parametrize(
    ("count", "requests", "commands"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (49, 1, 1),
        (50, 1, 1),
        (51, 2, 2),
        (99, 2, 2),
        (100, 2, 3),
        (120, 2, 3),
        (2500, 2, 51),
        (10_000, 5, 201),
    ],
)
async def test_a_list_takes_as_few_requests_as_its_length_needs(
    count: int, requests: int, commands: int
) -> None:
    ids = range(1, count + 1)
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"]) == list(ids)
    assert (portal.requests, len(portal.calls("crm.deal.list"))) == (requests, commands)


@pytest.mark.parametrize(
    "ids",
    [
        range(1, 12_001),
        with_gaps(12_000, 0.02),
        with_gaps(12_000, 0.3),
        with_gaps(15_000, 0.5),
        with_gaps(12_000, 0.9),
        [*range(1, 6001), *range(10**9, 10**9 + 6000)],
        [*with_gaps(10_000, 0.4), *(10**9 + i for i in with_gaps(10_000, 0.6))],
        [k * 10**8 + i for k in range(1, 6) for i in range(4000)],
        [*range(1, 12_000), 10**9],
        [1, *range(10**9, 10**9 + 12_000)],
        sorted({int(1.001**k) + k for k in range(14_000)}),
        [k * k + 1 for k in range(12_000)],
    ],
    ids=lambda ids: f"{len(ids)}-up-to-{ids[-1]}",
)
async def test_wherever_ids_are_missing_few_requests_are_enough(ids: Sequence[int]) -> None:
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"]) == list(ids)
    assert portal.requests <= 1.06 * math.ceil(len(ids) / 2500) + 3


@pytest.mark.parametrize("ids", [range(1, 12_001), [1, *range(10**9, 10**9 + 12_000)]], ids=len)
async def test_downwards_few_requests_are_enough_as_well(ids: Sequence[int]) -> None:
    portal = portal_with("deal", ids)

    assert await deal_ids(portal, select=["ID"], descending=True) == list(ids)[::-1]
    assert portal.requests <= 1.06 * math.ceil(len(ids) / 2500) + 3


async def test_a_limit_is_not_read_far_beyond() -> None:
    portal = portal_with("deal", range(1, 60_001))

    found = await deal_ids(portal, select=["ID"], limit=12_000)

    assert found == list(range(1, 12_001))
    assert portal.requests <= 9


@pytest.mark.parametrize("limit", [1, 49, 50, 51, 130, 2500, 5000])
async def test_a_limit_is_kept_to_the_row(limit: int) -> None:
    portal = portal_with("deal", with_gaps(3000, 0.2))

    found = await deal_ids(portal, select=["ID"], limit=limit)

    assert found == with_gaps(3000, 0.2)[:limit]


# Failures at every position.


class Disturbed(httpx.AsyncBaseTransport):
    """The portal's transport, with one request of which something else becomes."""

    def __init__(self, portal: FakePortal, nth: int, what: str) -> None:
        self._portal = portal
        self._inner = portal.transport
        self._nth, self._what = nth, what
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == self._nth:
            match self._what:
                case "timeout":
                    raise httpx.ReadTimeout("too slow")
                case "bare 503":
                    return httpx.Response(503)
                case "expired":
                    self._portal.expire_tokens()
                case "moved":
                    self._portal.move("moved.bitrix24.test")
                case "json without a result":
                    return httpx.Response(200, json={"time": {}})
        return await self._inner.handle_async_request(request)


class OwnAccess:
    """Opens the portal with a token, renews it, and follows the portal where it moves."""

    def __init__(self, portal: FakePortal) -> None:
        self._portal = portal
        self._root, self._domain = portal.rest_url, portal.domain
        self._token = portal.issue_tokens().access_token

    async def authorize(self) -> Authorization:
        return Authorization(self._root, SecretStr(self._token), self._domain)

    async def renew(self, refused: Authorization) -> Authorization:
        self._token = self._portal.issue_tokens().access_token
        return await self.authorize()

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        self._root, self._domain = self._portal.rest_url, self._portal.domain
        return await self.authorize()


async def requests_for(ids: Sequence[int]) -> tuple[int, int]:
    """How many requests, and commands in batches, reading these takes when nothing fails."""
    portal = small_paged(ids)
    assert await deal_ids(portal, select=["ID"]) == list(ids)
    calls = portal.calls("crm.deal.list")
    return portal.requests, sum(call.batched for call in calls)


LISTS = [list(range(1, 44)), with_gaps(430, 0.4)]


@pytest.mark.parametrize("ids", LISTS, ids=len)
@pytest.mark.parametrize("fault", [f for f in Fault if not f.value.startswith("busy")])
async def test_any_request_may_fail_once(ids: Sequence[int], fault: Fault) -> None:
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        portal = small_paged(ids)
        portal.fail_request(nth, fault)

        assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize(
    "what", ["timeout", "json without a result", "expired", "moved"], ids=lambda w: w
)
@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_any_request_may_find_the_portal_changed(ids: Sequence[int], what: str) -> None:
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        portal = small_paged(ids)
        transport = Disturbed(portal, nth, what)
        async with Client(OwnAccess(portal), transport, options=QUICK, limits=UNLIMITED) as client:
            rows = await client.list("crm.deal.list", select=["ID"])
        assert [int(row["ID"]) for row in rows] == ids
        assert transport.count > requests


@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_any_request_may_be_refused_with_503(
    ids: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.pace._FIRST_PAUSE", 0.002)
    requests, _ = await requests_for(ids)
    for nth in range(1, requests + 1):
        for fault in (Fault.BUSY_BEFORE, Fault.BUSY_AFTER):
            portal = small_paged(ids)
            portal.fail_request(nth, fault)
            assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize("ids", LISTS, ids=len)
@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"])
async def test_any_command_may_fail_for_a_passing_reason(ids: Sequence[int], code: str) -> None:
    _, commands = await requests_for(ids)
    for nth in range(1, commands + 1, 1 if len(ids) < 100 else 23):
        portal = small_paged(ids)
        portal.fail_command(nth, code)

        assert await deal_ids(portal, select=["ID"]) == ids


@pytest.mark.parametrize("ids", LISTS, ids=len)
async def test_a_command_that_is_refused_for_good_ends_the_reading(ids: Sequence[int]) -> None:
    _, commands = await requests_for(ids)
    for nth in range(1, commands + 1, 1 if len(ids) < 100 else 37):
        portal = small_paged(ids)
        portal.fail_command(nth, "ACCESS_DENIED")

        with pytest.raises(RestError, match=r"crm\.deal\.list .*ACCESS_DENIED"):
            await deal_ids(portal, select=["ID"])


async def test_a_failure_that_does_not_pass_ends_the_reading() -> None:
    portal = small_paged(range(1, 431))
    portal.disturb(commands={"INTERNAL_SERVER_ERROR": 1.0})

    with pytest.raises(RestError, match="INTERNAL_SERVER_ERROR"):
        await deal_ids(portal)


@pytest.mark.parametrize("seed", range(4))
async def test_in_heavy_weather_a_list_is_complete_and_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitrix_events.rest.pace._FIRST_PAUSE", 0.001)
    ids = with_gaps(1000, 0.3, seed)
    portal = small_paged(ids)
    chances = {Fault.BUSY_AFTER: 0.03, Fault.RESET_AFTER: 0.02, Fault.CUT: 0.02}
    portal.disturb(chances, commands={"INTERNAL_SERVER_ERROR": 0.01}, seed=seed)

    assert await deal_ids(portal, select=["ID"]) == ids


async def test_lost_answers_do_not_make_requests_small_for_ever() -> None:
    portal = portal_with("deal", range(1, 50_001))
    for nth in (3, 4, 5):
        portal.fail_request(nth, Fault.RESET_AFTER)

    assert len(await deal_ids(portal, select=["ID"])) == 50_000
    assert portal.requests <= 22 + 9


# Rows that come and go.


class Turmoil:
    """People who work in the portal while it is read: before each call something changes.

    Attributes:
        lived: rows that existed and matched from begin to end.
    """

    def __init__(self, portal: FakePortal, ids: Sequence[int], seed: int, changes: float) -> None:
        self._portal = portal
        self._chance = random.Random(seed)
        self._changes = changes
        self._present = list(ids)
        self._used = set(ids)
        self.lived = set(ids)

    def __call__(self, call: Call) -> None:
        chance = self._chance
        if chance.random() < self._changes:
            kind = chance.random()
            if kind < 0.5 and self._present:
                gone = self._present.pop(chance.randrange(len(self._present)))
                self.lived.discard(gone)
                if kind < 0.3:
                    self._portal.delete("deal", gone, user_id=0)
                else:
                    self._portal.change("deal", gone, user_id=0, STAGE_ID="LOSE")
            elif kind < 0.75:
                self._used.add(self._portal.add("deal", user_id=0))
            elif self._present and (near := chance.choice(self._present) + 1) not in self._used:
                self._used.add(self._portal.add("deal", user_id=0, ID=near))


@st.composite
def id_lists(draw: st.DrawFn) -> list[int]:
    count = draw(st.sampled_from([0, 1, 4, 5, 6, 20, 240, 251, 410, 600]))
    style = draw(st.sampled_from(["dense", "second", "third", "holes", "clusters", "random"]))
    chance = random.Random(draw(st.integers(0, 1000)))
    steps: dict[str, Callable[[int], int]] = {
        "dense": lambda n: 1,
        "second": lambda n: 2,
        "third": lambda n: 1 + n % 2,
        "holes": lambda n: 10**6 if chance.random() < 0.01 else 1,
        "clusters": lambda n: 10**8 if n % 150 == 149 else chance.randrange(1, 3),
        "random": lambda n: chance.randrange(1, 10**6),
    }
    ids: list[int] = []
    last = draw(st.sampled_from([0, 10**6]))
    for n in range(count):
        last += steps[style](n)
        ids.append(last)
    return ids


@settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(
    id_lists(), st.integers(0, 10**6), st.sampled_from([0, 0.3, 1]), st.booleans(), st.booleans()
)
async def test_rows_that_come_and_go_cost_no_other_row(
    ids: list[int], seed: int, changes: float, descending: bool, filtered: bool
) -> None:
    portal = portal_with("deal", ids, STAGE_ID="NEW")
    portal.page_size = SMALL_PAGE
    turmoil = Turmoil(portal, ids, seed, changes)
    portal.on_call = turmoil
    conditions = {"STAGE_ID": "NEW"} if filtered else {}

    found = await deal_ids(portal, filter=conditions, select=["ID"], descending=descending)

    assert found == sorted(set(found), reverse=descending)
    assert turmoil.lived <= set(found)
    if not changes:
        assert found == sorted(ids, reverse=descending)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(id_lists(), st.integers(0, 600), st.booleans())
async def test_reading_in_two_halves_is_reading_once(
    ids: list[int], middle: int, descending: bool
) -> None:
    portal = portal_with("deal", ids)
    portal.page_size = SMALL_PAGE
    async with reading(portal) as client:
        first = client.list("crm.deal.list", select=["ID"], limit=middle, descending=descending)
        rows = await first
        rows += await client.list(
            "crm.deal.list", select=["ID"], after_id=first.last_id, descending=descending
        )

    assert [int(row["ID"]) for row in rows] == sorted(ids, reverse=descending)


async def test_a_stream_that_was_left_goes_on_after_the_last_row_it_gave() -> None:
    portal = portal_with("deal", range(1, 201))
    async with reading(portal) as client:
        listing = client.list("crm.deal.list")
        seen = []
        async for row in listing:
            seen.append(int(row["ID"]))
            if len(seen) == 60:
                break
        assert listing.last_id == 60
        rest = await client.list("crm.deal.list", after_id=listing.last_id)

    assert seen + [int(row["ID"]) for row in rest] == list(range(1, 201))


# Conditions of the caller.


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("conditions", "low", "high"),
    [
        ({">ID": 30}, 31, 13_000),
        ({"<=ID": 110}, 1, 110),
        ({">ID": 30, "<=ID": 12_900}, 31, 12_900),
        ({">ID": "30", "<=ID": "110"}, 31, 110),
        ({">=ID": 30, "<ID": 12_900}, 30, 12_899),
        ({">id": 30, "<=id": 110}, 31, 110),
    ],
)
async def test_conditions_on_the_id_are_kept(
    conditions: dict[str, Any], low: int, high: int, descending: bool
) -> None:
    portal = portal_with("deal", range(1, 13_001))

    found = await deal_ids(portal, filter=conditions, select=["ID"], descending=descending)

    assert sorted(found) == list(range(low, high + 1))
    assert found == sorted(found, reverse=descending)


async def test_a_condition_on_the_id_that_is_no_number_is_left_to_the_portal() -> None:
    portal = portal_with("deal", range(1, 131))

    found = await deal_ids(portal, filter={">ID": "7.5"})

    assert found == list(range(8, 131))


@pytest.mark.parametrize("name", ["filter", "FILTER", "Filter"])
async def test_a_filter_in_other_letters_is_kept(name: str) -> None:
    portal = portal_with("user", range(2, 203))
    portal.fill("user", 100, NAME="Grace")
    async with reading(portal) as client:
        rows = await client.list("user.get", {name: {"NAME": "Grace"}})

    # The portal of the tests reads FILTER and filter, real ones as well.
    expected = 100 if name != "Filter" else 302
    assert len(rows) == expected


@pytest.mark.parametrize("value", ["$result[c0][49][ID]", "a $total[x] b", []])
async def test_values_that_a_batch_would_change_are_read_page_by_page(value: Any) -> None:
    portal = portal_with("deal", range(1, 131), TITLE=value or None)
    portal.fill("deal", 70, TITLE="other")

    found = await deal_ids(portal, filter={"TITLE": value})

    assert found == list(range(1, 131))
    assert not portal.calls("batch")


async def test_an_empty_select_does_not_keep_a_list_out_of_batches() -> None:
    portal = portal_with("deal", range(1, 1001))

    assert len(await deal_ids(portal, select=[], order={}, filter={})) == 1000
    assert portal.requests == 2


@pytest.mark.parametrize("select", ["TITLE", ["TITLE"], ["*"], ["TITLE", "ID"], ("TITLE",)])
async def test_the_id_is_selected_even_if_nobody_asked(select: Any) -> None:
    portal = portal_with("deal", range(1, 131), TITLE="x")
    async with reading(portal) as client:
        rows = await client.list("crm.deal.list", select=select)

    assert all(row["TITLE"] == "x" and row["ID"] for row in rows)
    assert len(rows) == 130


# Filters that name ids.


@pytest.mark.parametrize("key", ["ID", "@ID"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [1, 49, 50, 51, 130, 2600])
async def test_named_ids_are_asked_for_in_fifties(key: str, descending: bool, count: int) -> None:
    portal = portal_with("deal", range(1, 6001, 2))
    named: list[int | str] = [*range(1, count + 1), "1", 1, str(count)]
    random.Random(1).shuffle(named)

    found = await deal_ids(portal, filter={key: named}, select=["ID"], descending=descending)

    assert found == sorted(range(1, count + 1, 2), reverse=descending)
    assert portal.requests <= math.ceil(count / 2500)


async def test_no_named_ids_are_no_rows() -> None:
    portal = portal_with("deal", range(1, 10))

    assert await deal_ids(portal, filter={"@ID": []}) == []


async def test_named_ids_go_with_other_conditions_and_a_limit() -> None:
    portal = portal_with("deal", range(1, 1001), STAGE_ID="NEW")
    portal.fill("deal", 1000, STAGE_ID="WON")
    conditions = {"@ID": list(range(1, 2001)), "STAGE_ID": "WON", ">ID": 1100}

    assert await deal_ids(portal, filter=conditions, limit=60) == list(range(1101, 1161))


async def test_named_ids_of_which_a_page_holds_less_are_complete() -> None:
    portal = portal_with("deal", range(1, 301))
    portal.page_size = 20

    assert await deal_ids(portal, filter={"ID": list(range(1, 200))}) == list(range(1, 200))


async def test_named_ids_that_the_method_ignores_are_read_by_position() -> None:
    portal = portal_with("deal", range(1, 301))
    portal.quirk("crm.deal.list", Habit.IGNORES_ID_FILTER)

    assert await deal_ids(portal, filter={"ID": list(range(1, 200))}) == list(range(1, 301))


async def test_many_values_in_another_condition_are_not_cut_off_in_a_batch() -> None:
    portal = portal_with("deal", range(1, 131), TITLE="t1000")

    found = await deal_ids(portal, filter={"@TITLE": [f"t{n}" for n in range(1200)]})

    assert found == list(range(1, 131))
    assert not portal.calls("batch")


# Methods with habits of their own.


@pytest.mark.parametrize("count", [60, 260, 11_000])
@pytest.mark.parametrize("habit", [Habit.IGNORES_ID_FILTER, Habit.IGNORES_START])
async def test_a_method_that_does_not_follow_ids_is_read_by_position_or_not_at_all(
    count: int, habit: Habit
) -> None:
    portal = portal_with("deal", range(1, count + 1))
    portal.quirk("crm.deal.list", habit)

    assert await deal_ids(portal, select=["ID"]) == list(range(1, count + 1))


@pytest.mark.parametrize("count", [60, 11_000])
async def test_a_method_that_ignores_the_order_is_complete_upwards(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))
    portal.quirk("crm.deal.list", Habit.IGNORES_ORDER)

    assert await deal_ids(portal, select=["ID"]) == list(range(1, count + 1))
    with pytest.raises(ValueError, match="not read by id"):
        await deal_ids(portal, descending=True)


async def test_a_method_with_smaller_pages_is_complete() -> None:
    for size in (1, 7, 20):
        portal = portal_with("deal", with_gaps(400, 0.3))
        portal.page_size = size
        assert await deal_ids(portal) == with_gaps(400, 0.3)


async def test_a_method_with_larger_pages_is_complete() -> None:
    portal = portal_with("deal", range(1, 1001))
    portal.page_size = 120
    assert await deal_ids(portal) == list(range(1, 1001))


class Rewritten(httpx.AsyncBaseTransport):
    """A portal whose lists are altered on their way."""

    def __init__(self, portal: FakePortal, hidden: frozenset[int], *, counts: bool = True) -> None:
        self._inner = portal.transport
        self._hidden, self._counts = hidden, counts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        content = httpx.Response(200, content=await response.aread()).json()
        result = content.get("result")
        if isinstance(result, list):
            content["result"] = self._shown(result)
            if not self._counts:
                content.pop("total", None)
                content.pop("next", None)
        elif isinstance(result, dict) and "result_total" in result:
            pages = result["result"]
            result["result"] = {key: self._shown(page) for key, page in pages.items()}
            if not self._counts:
                result["result_total"] = result["result_next"] = []
        return httpx.Response(200, json=content)

    def _shown(self, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in page if int(row["ID"]) not in self._hidden]


@pytest.mark.parametrize(
    "hidden", [{3}, {1}, {50}, {51}, {77, 130, 400}, {*range(60, 80)}, {*range(2, 400, 7)}]
)
@pytest.mark.parametrize("count", [430, 11_000])
async def test_a_method_that_leaves_rows_out_of_pages_loses_no_others(
    hidden: set[int], count: int
) -> None:
    portal = portal_with("deal", range(1, 2 * count, 2))
    hidden = {2 * i + 1 for i in hidden}
    transport = Rewritten(portal, frozenset(hidden))
    async with Client(portal.webhook_url, transport, options=QUICK, limits=UNLIMITED) as client:
        rows = await client.list("crm.deal.list", select=["ID"])

    assert [int(r["ID"]) for r in rows] == [i for i in range(1, 2 * count, 2) if i not in hidden]


@pytest.mark.parametrize("count", [0, 1, 50, 51, 150, 5001])
async def test_a_method_that_counts_nothing_is_complete(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))
    transport = Rewritten(portal, frozenset(), counts=False)
    async with Client(portal.webhook_url, transport, options=QUICK, limits=UNLIMITED) as client:
        rows = await client.list("crm.deal.list", select=["ID"])

    assert [int(row["ID"]) for row in rows] == list(range(1, count + 1))
    assert portal.requests <= count // 2500 + 5


async def test_rows_without_a_usable_id_are_refused() -> None:
    portal = portal_with("deal", range(1, 3))
    async with reading(portal) as client:
        with pytest.raises(IncompleteList, match="whole number as NAME"):
            await client.list("crm.deal.list", id_field="NAME")


# Time, size and memory.


async def test_wide_rows_make_requests_smaller() -> None:
    portal = portal_with("deal", range(1, 701), COMMENTS="x" * 100_000)
    sizes = []
    inner = portal.transport

    class Measured(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            content = await response.aread()
            sizes.append(len(content))
            return httpx.Response(response.status_code, content=content)

    async with Client(portal.webhook_url, Measured(), options=QUICK, limits=UNLIMITED) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID", "COMMENTS"])]

    assert found == [str(i) for i in range(1, 701)]
    assert max(sizes) < 16 * 1024 * 1024


async def test_an_answer_that_is_too_large_is_asked_for_in_smaller_ones() -> None:
    portal = portal_with("deal", range(1, 51), COMMENTS="x")
    portal.fill("deal", 450, COMMENTS="x" * 60_000)
    async with reading(portal) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID", "COMMENTS"])]

    assert found == [str(i) for i in range(1, 501)]


async def test_a_page_that_is_too_large_by_itself_is_an_error() -> None:
    portal = portal_with("deal", range(1, 51), COMMENTS="x")
    portal.fill("deal", 10, COMMENTS="x" * 2_000_000)
    with pytest.raises(AnswerTooLarge):
        await deal_ids(portal, select=["ID", "COMMENTS"])


async def test_pages_that_take_long_make_requests_smaller() -> None:
    portal = portal_with("deal", range(1, 5001))
    most = []
    inner = portal.transport

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            content = httpx.Response(200, content=await response.aread()).json()
            times = content["result"].get("result_time") if "cmd" in str(request.content) else None
            for time in (times or {"page": content["time"]}).values():
                time["duration"] = 5.0
            most.append(len(times or [1]))
            return httpx.Response(200, json=content)

    async with Client(portal.webhook_url, Slow(), options=QUICK, limits=UNLIMITED) as client:
        found = [row["ID"] async for row in client.list("crm.deal.list", select=["ID"])]

    assert len(found) == 5000
    assert max(most) <= 5


async def test_a_slow_reader_is_not_run_ahead_of_without_bound() -> None:
    ids = with_gaps(100_000, 0.3)
    portal = portal_with("deal", ids, TITLE="x" * 30)
    async with reading(portal) as client:
        pages = client.list("crm.deal.list", select=["ID", "TITLE"]).pages()
        await anext(pages)
        requests = -1
        while requests != portal.requests:
            requests = portal.requests
            await asyncio.sleep(0.05)
        await pages.aclose()

    assert requests <= 15


async def test_memory_does_not_grow_with_the_length_of_a_list() -> None:
    portal = portal_with("deal", range(1, 20_001), TITLE="x" * 30)
    async with reading(portal) as client:
        await client.call("profile")
        gc.collect()
        count = 0
        tracemalloc.start()
        try:
            async for page in client.list("crm.deal.list", select=["ID", "TITLE"]).pages():
                count += len(page)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert count == 20_000
    assert peak < 16 * 1024 * 1024  # the portal's own share is in it


@pytest.mark.parametrize("rows", [1, 60, 3000])
async def test_a_stream_that_is_left_leaves_nothing_running(rows: int) -> None:
    portal = portal_with("deal", with_gaps(30_000, 0.3))
    async with reading(portal) as client:
        count = 0
        async for _ in client.list("crm.deal.list", select=["ID"]):
            count += 1
            if count == rows:
                break
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_method_that_has_used_up_its_time_is_waited_for_and_others_are_not() -> None:
    portal = FakePortal(
        domain="operating.bitrix24.test",
        operating=Operating(limit=2.0, window=1.0, seconds={"crm.deal.list": 0.05}),
    )
    portal.fill("deal", 3000)
    limits = Limits(float("inf"), float("inf"), 2.0)
    async with Client(portal.webhook_url, portal.transport, options=QUICK, limits=limits) as client:
        task = asyncio.ensure_future(client.list("crm.deal.list", select=["ID"]).all())
        await asyncio.sleep(0.05)
        assert not task.done()
        async with asyncio.timeout(0.5):
            await client.call("profile")
        rows = await task

    assert [int(row["ID"]) for row in rows] == list(range(1, 3001))
