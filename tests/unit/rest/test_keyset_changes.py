"""Reading by id while rows come and go: they cost no other row."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitrix_events.testing import FakePortal
from bitrix_events.testing.rest import Call
from tests.unit.rest.lists import (
    SMALL_PAGE,
    deal_ids,
    portal_with,
    reading,
)


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
