"""Progress as callbacks and bars see it."""

from __future__ import annotations

import pytest

from bitrix_events.rest.progress import shown
from tests.unit.rest.lists import portal_with, reading


@pytest.mark.parametrize("count", [1, 50, 130, 11_000])
async def test_a_callback_sees_the_rows_grow_up_to_their_total(count: int) -> None:
    portal = portal_with("deal", range(1, count + 1))
    told: list[tuple[int, int | None]] = []
    async with reading(portal) as client:
        listing = client.list(
            "crm.deal.list", select=["ID"], progress=lambda *now: told.append(now)
        )
        await listing

    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (count, count)
    assert listing.total == count


async def test_the_total_of_a_callback_is_no_more_than_the_limit() -> None:
    portal = portal_with("deal", range(1, 1001))
    told: list[tuple[int, int | None]] = []
    async with reading(portal) as client:
        await client.list("crm.deal.list", limit=120, progress=lambda *now: told.append(now))

    assert told == [(50, 120), (100, 120), (120, 120)]


async def test_a_callback_is_told_while_a_list_is_read_by_position() -> None:
    portal = portal_with("deal", range(1, 131))
    told: list[tuple[int, int | None]] = []
    async with reading(portal) as client:
        await client.list("crm.deal.list", keyset=False, progress=lambda *now: told.append(now))

    assert told == [(50, 130), (100, 130), (130, 130)]


async def test_a_callback_that_fails_ends_the_reading() -> None:
    portal = portal_with("deal", range(1, 131))

    def fail(done: int, total: int | None) -> None:
        raise OSError("nobody listens")

    async with reading(portal) as client:
        with pytest.raises(OSError, match="nobody listens"):
            await client.list("crm.deal.list", progress=fail)


@pytest.mark.parametrize("progress", [True, False, None])
async def test_a_bar_is_drawn_apart_from_what_a_program_prints(
    progress: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    portal = portal_with("deal", range(1, 131))
    async with reading(portal) as client:
        rows = await client.list("crm.deal.list", progress=progress)

    assert len(rows) == 130
    assert capsys.readouterr() == ("", ""), "nobody sees it move"


async def test_a_bar_is_drawn_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with shown(True, "deals") as tell:
        tell(50, 130)

    out, err = capsys.readouterr()
    assert (out, "deals" in err) == ("", True)


async def test_two_lists_may_draw_bars_at_a_time() -> None:
    portal = portal_with("deal", range(1, 131))
    async with reading(portal) as client:
        first = client.list("crm.deal.list", progress=True).pages()
        await anext(first)
        assert len(await client.list("crm.deal.list", progress=True)) == 130
        assert sum([len(page) async for page in first]) == 80


def test_nobody_need_be_told() -> None:
    with shown(None, "anything") as tell:
        tell(1, None)
