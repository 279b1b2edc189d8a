"""``where=``: handlers that run for some records only."""

from __future__ import annotations

from pathlib import Path

from bitrix_events import App, Client, RetryPolicy
from bitrix_events.events import Deal, OnCrmDealAdd
from bitrix_events.store.records import Execution, State
from bitrix_events.testing import FakePortal
from tests.serving import Served, eventually, served, settings_for


class Roofing(Deal):
    area_m2: float = 0


async def executions(app: Served) -> dict[str, list[Execution]]:
    """By the handler."""
    found: dict[str, list[Execution]] = {}
    for view in await app.deliveries():
        for execution in view.executions:
            found.setdefault(execution.handler, []).append(execution)
    return found


async def test_a_handler_runs_for_the_records_that_its_filter_wants(tmp_path: Path) -> None:
    seen: list[str] = []
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))

        @app.on(OnCrmDealAdd, where=lambda deal: deal.opportunity > 1000)
        async def large(deal: Roofing, client: Client) -> None:
            assert isinstance(deal, Roofing)
            seen.append(deal.title)

        @app.on(OnCrmDealAdd, where=lambda deal: deal.title.startswith("S"))
        def small() -> None:
            seen.append("small")

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.add("deal", TITLE="Roof", OPPORTUNITY="2500.00")
            portal.add("deal", TITLE="Shed", OPPORTUNITY="20.00")

            async def through() -> bool:
                found = await executions(running)
                states = [e.state for some in found.values() for e in some]
                return len(states) == 4 and not {State.WAITING, State.RUNNING} & {*states}

            await eventually(through)
            found = await executions(running)

    assert sorted(seen) == ["Roof", "small"]
    for some in found.values():
        assert sorted(e.state for e in some) == [State.DONE, State.SKIPPED]
    (skipped,) = (e for e in found["app.large"] if e.state is State.SKIPPED)
    assert skipped.note == "where= said no to this Roofing"
    reads = [call for call in portal.calls() if call.method in ("crm.item.get", "crm.item.list")]
    assert len(reads) == 2, "one for each delivery"


async def test_an_exception_in_a_filter_is_a_failure_of_the_handler(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))

        @app.on(OnCrmDealAdd, where=lambda deal: 1 / 0, retry=RetryPolicy(attempts=1))
        async def never(deal: Deal) -> None:
            raise AssertionError

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.add("deal", TITLE="Roof")

            async def is_dead() -> bool:
                found = await executions(running)
                return [e.state for some in found.values() for e in some] == [State.DEAD]

            await eventually(is_dead)
            ((execution,),) = (await executions(running)).values()

    assert execution.note == "ZeroDivisionError: division by zero"
