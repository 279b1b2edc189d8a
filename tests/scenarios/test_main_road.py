"""From the portal's POST to the call back, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import (
    App,
    Client,
    Delivery,
    Drop,
    Event,
    GiveUp,
    Portal,
    RetryLater,
    RetryPolicy,
    Router,
    SyncClient,
    signals,
)
from bitrix_events.events import (
    Contact,
    Deal,
    OnAppInstall,
    OnCrmContactUpdate,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
)
from bitrix_events.store.records import Execution, State
from bitrix_events.testing import FakePortal
from tests.serving import Served, eventually, served, settings_for


async def executions(app: Served, code: str) -> list[Execution]:
    return [
        e for view in await app.deliveries() if view.delivery.code == code for e in view.executions
    ]


async def settled(app: Served, code: str) -> bool:
    """Whether the code has arrived and all its executions are through."""
    found = await executions(app, code)
    return bool(found) and all(e.state not in (State.WAITING, State.RUNNING) for e in found)


class OddError(BaseException):
    def __str__(self) -> str:
        raise RuntimeError


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_a_portal_installs_the_app_and_a_new_deal_gets_a_comment(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="app"))

        @app.on(OnAppInstall)
        async def subscribe(client: Client) -> None:
            await client.call("event.bind", event="ONCRMDEALADD", handler=f"{running.url}/events")

        @app.on(OnCrmDealAdd)
        async def welcome(deal: Deal, client: Client) -> None:
            note = {"ENTITY_TYPE": "deal", "ENTITY_ID": deal.id, "COMMENT": f"Hello, {deal.title}"}
            await client.call("crm.timeline.comment.add", fields=note)

        async with served(app, store) as running:
            await portal.install(f"{running.url}/install")
            await eventually(lambda: bool(portal.bindings))
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: bool(portal.records("timeline_comment")))

        (comment,) = portal.records("timeline_comment")
        assert comment["COMMENT"] == "Hello, Roof"
        assert [sent.status for sent in portal.sent] == [200, 200]


async def test_an_installed_app_subscribes_itself_to_what_its_handlers_want(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        url = "https://app.example.com"
        app = App(settings_for(portal, store, mode="app", public_url=url))

        @app.on(OnCrmDealAdd, "ONCRMDEALUPDATE")
        async def anything(event: Event) -> None: ...

        async with served(app, store) as running:
            await portal.install(f"{running.url}/install")
            await eventually(lambda: len(portal.bindings) == 5)
            await portal.install(f"{running.url}/install")
            await eventually(lambda: len(portal.calls("event.get")) == 2)

        assert {(b.event, b.handler) for b in portal.bindings} == {
            ("ONCRMDEALADD", f"{url}/events"),
            ("ONCRMDEALUPDATE", f"{url}/events"),
            ("ONAPPUNINSTALL", f"{url}/events"),
            ("ONAPPPAYMENT", f"{url}/events"),
            ("ONSUBSCRIPTIONRENEW", f"{url}/events"),
        }


async def test_webhooks_alone_are_enough_for_one_portal(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        seen: list[tuple[str, str, int]] = []

        @app.on("oncrmdealadd")
        def note(event: Event, deal: Deal, client: SyncClient, portal: Portal) -> None:
            seen.append((event.code, deal.title, deal.id))
            assert event.member_id == portal.member_id
            client.call("crm.deal.update", id=deal.id, fields={"COMMENTS": portal.domain})

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            deal = portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))

        assert seen == [("ONCRMDEALADD", "Roof", deal)]
        assert portal.record("deal", deal)["COMMENTS"] == portal.domain


async def test_every_handler_of_an_event_runs_and_a_failing_one_touches_no_other(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        runs: list[str] = []
        more = Router("more", retry=RetryPolicy(attempts=3, base=0.01))

        @app.on(OnCrmDealAdd)
        async def first(deal: Deal) -> None:
            runs.append("first")

        @more.on(OnCrmDealAdd)
        async def failing(delivery: Delivery) -> None:
            runs.append(f"failing {delivery.attempt}")
            raise ZeroDivisionError("on purpose")

        @more.on(OnCrmDealAdd)
        def last(event: OnCrmDealAdd) -> None:
            runs.append("last")

        app.include(more)
        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            states = {e.handler: e for e in await executions(running, "ONCRMDEALADD")}

        assert sorted(runs) == ["failing 1", "failing 2", "failing 3", "first", "last"]
        assert states["app.first"].state is State.DONE
        assert states["more.last"].state is State.DONE
        assert states["more.failing"].state is State.DEAD
        assert states["more.failing"].attempt == 3
        assert states["more.failing"].note == "ZeroDivisionError: on purpose"


async def test_a_handler_decides_its_own_fate(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        keys: list[str] = []

        @app.on(OnCrmDealAdd)
        async def later(delivery: Delivery) -> None:
            keys.append(delivery.key("invoice"))
            if len(keys) == 1:
                raise RetryLater(seconds=0.01)

        @app.on(OnCrmDealAdd)
        async def drop() -> None:
            raise Drop("not ours")

        @app.on(OnCrmDealAdd)
        async def give_up() -> None:
            raise GiveUp("no amount")

        @app.on(OnCrmDealAdd, timeout=0.05, retry=RetryPolicy(attempts=1))
        async def slow() -> None:
            await asyncio.sleep(60)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            found = {
                e.handler: (e.state, e.note) for e in await executions(running, "ONCRMDEALADD")
            }

        assert found == {
            "app.later": (State.DONE, ""),
            "app.drop": (State.SKIPPED, "not ours"),
            "app.give_up": (State.DEAD, "no amount"),
            "app.slow": (State.DEAD, "took longer than its timeout of 0.05 s"),
        }
        assert len(keys) == 2
        assert len(set(keys)) == 1


async def test_a_record_that_is_gone_by_now_ends_as_skipped(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))

        @app.on(OnCrmContactUpdate)
        async def look(contact: Contact) -> None: ...

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMCONTACTUPDATE")
            portal.raise_event("ONCRMCONTACTUPDATE", {"FIELDS": {"ID": "404"}})
            await eventually(lambda: settled(running, "ONCRMCONTACTUPDATE"))
            (execution,) = await executions(running, "ONCRMCONTACTUPDATE")

        assert (execution.state, execution.note) == (
            State.SKIPPED,
            "gone: the record no longer exists",
        )


async def test_edits_of_one_deal_run_in_order_and_never_overlap(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook", portal_concurrency=8))
        running_now: set[int | None] = set()
        overlaps: list[int | None] = []
        order: dict[int, list[int]] = {1: [], 2: []}

        @app.on(OnCrmDealUpdate)
        async def watch(event: OnCrmDealUpdate, delivery: Delivery) -> None:
            if event.entity_id in running_now:
                overlaps.append(event.entity_id)
            running_now.add(event.entity_id)
            order[event.entity_id].append(delivery.id)
            await asyncio.sleep(0.005)
            running_now.discard(event.entity_id)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALUPDATE")
            for deal in (1, 2) * 20:
                portal.raise_event("ONCRMDEALUPDATE", {"FIELDS": {"ID": str(deal)}})
                await asyncio.sleep(0.003)
            await portal.settled()
            await eventually(lambda: settled(running, "ONCRMDEALUPDATE"))
            last = {view.delivery.entity: view.delivery.id for view in await running.deliveries()}

        assert overlaps == []
        assert all(ids == sorted(ids) for ids in order.values())
        assert all(0 < len(ids) <= 20 for ids in order.values())  # what waited was merged
        assert [ids[-1] for ids in order.values()] == [last["deal:1"], last["deal:2"]]


async def test_expired_tokens_are_renewed_once_and_the_signal_tells(tmp_path: Path) -> None:
    renewed: list[tuple[object, signals.OAuthTokenRenewed]] = []

    async def on_renewed(sender: object, event: signals.OAuthTokenRenewed) -> None:
        renewed.append((sender, event))

    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="app"))
        with signals.oauth_token_renewed.connected_to(on_renewed):
            async with served(app, store) as running:
                await portal.install(f"{running.url}/install")
                portal.expire_tokens()
                async with app.portal(portal.member_id) as client:
                    response = await client.call("profile")

    ((sender, event),) = renewed
    assert response.result["ID"] == "1"
    assert sender is app
    assert event.member_id == portal.member_id
    assert event.access_token.get_secret_value() not in repr(event)


async def test_a_portal_that_moved_is_followed_and_the_signal_tells(tmp_path: Path) -> None:
    moved: list[signals.PortalDomainChanged] = []

    def on_moved(sender: object, event: signals.PortalDomainChanged) -> None:
        moved.append(event)

    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        old = portal.domain
        new = old.replace("127.0.0.1", "localhost")
        app = App(
            settings_for(portal, store, mode="app").model_copy(update={"allowed_hosts": (old, new)})
        )
        with signals.portal_domain_changed.connected_to(on_moved):
            async with served(app, store) as running:
                await portal.install(f"{running.url}/install")
                portal.move(new)
                async with app.portal(portal.member_id) as client:
                    response = await client.call("profile")
                    again = await client.call("profile")

    assert response.result["ID"] == again.result["ID"] == "1"
    assert moved == [signals.PortalDomainChanged(portal.member_id, old, new, confirmed=True)]


async def test_the_install_page_installs_and_finishes_in_the_portals_frame(tmp_path: Path) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="app"))
        installed: list[str] = []

        @app.on(OnAppInstall)
        async def on_install(event: OnAppInstall, portal: Portal, log: logging.Logger) -> None:
            installed.append(portal.domain)

        async with served(app, store) as running:
            domain = portal.domain
            answer = await portal.open_install_page(f"{running.url}/install")
            await eventually(lambda: installed == [domain])

    assert answer.status_code == 200
    assert "BX24.installFinish()" in answer.text
    assert f"frame-ancestors http://{domain}" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert [call.method for call in portal.calls()] == ["profile"]  # is it an administrator?


async def test_events_of_a_portal_that_removed_the_app_are_kept_and_wait(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="app", public_url="http://unused"))
        ran: list[Event] = []

        @app.on(OnCrmDealDelete)
        async def call_back(event: OnCrmDealDelete) -> None:
            ran.append(event)

        async with served(app, store) as running:
            await portal.install(f"{running.url}/install")
            await portal.uninstall(f"{running.url}/events")
            portal.outgoing_webhook(
                f"{running.url}/events", "ONCRMDEALDELETE", token=portal.application_token
            )
            portal.raise_event("ONCRMDEALDELETE", {"FIELDS": {"ID": "7"}})
            await portal.settled()
            (waiting,) = await executions(running, "ONCRMDEALDELETE")

    assert (waiting.state, waiting.attempt, ran) == (State.WAITING, 0, [])


@pytest.mark.parametrize("mode", ["app", "webhook"])
async def test_nothing_secret_reaches_the_log_or_the_disk(
    mode: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode=mode, public_url="http://unused"))

        @app.on(OnCrmDealAdd)
        async def look(deal: Deal, client: Client) -> None:
            await client.call("profile")

        async with served(app, store) as running:
            if mode == "app":
                await portal.install(f"{running.url}/install")
            token = portal.application_token if mode == "app" else portal.webhook_token
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD", token=token)
            portal.expire_tokens()
            portal.add("deal", TITLE="Roof")
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            on_disk = everything_in(tmp_path)

    secrets = {token, portal.client_secret, "fakewebhookcode"}
    for call in portal.sent:
        secrets |= {
            part.split(b"=")[1].decode()
            for part in call.body.split(b"&")
            if b"access_token" in part or b"refresh_token" in part
        }
    assert len(secrets) >= 3
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("asyncio"))
    for secret in secrets:
        assert secret.encode() not in on_disk
        assert secret not in ours


async def test_a_handler_that_ends_its_event_loop_stops_nobody_for_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"))
        left_behind: list[asyncio.Task[None]] = []

        async def leave() -> None:
            raise SystemExit(7)

        @app.on(OnCrmDealAdd)
        async def careless() -> None:
            left_behind.append(asyncio.create_task(leave()))

        @app.on(OnCrmDealUpdate)
        async def good() -> None: ...

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD", "ONCRMDEALUPDATE")
            portal.raise_event("ONCRMDEALADD", {"FIELDS": {"ID": "7"}})
            await eventually(lambda: "starts anew" in caplog.text)
            portal.raise_event("ONCRMDEALUPDATE", {"FIELDS": {"ID": "7"}})
            await eventually(lambda: settled(running, "ONCRMDEALUPDATE"))

    # Each one's exception is taken: what is never retrieved is reported whenever it is collected.
    ended = [task.exception() for task in left_behind if task.done()]
    assert ended
    assert all(isinstance(error, SystemExit) for error in ended)


async def test_a_handler_that_raises_what_nobody_expects_fails_like_any_other(
    tmp_path: Path,
) -> None:
    async with FakePortal().serve() as portal:
        store = tmp_path / "app.db"
        app = App(settings_for(portal, store, mode="webhook"), retry=RetryPolicy(attempts=1))

        @app.on(OnCrmDealAdd)
        async def exits() -> None:
            raise SystemExit(7)

        @app.on(OnCrmDealAdd)
        def exits_in_a_thread() -> None:
            raise KeyboardInterrupt

        @app.on(OnCrmDealAdd)
        async def cancelled() -> None:
            raise asyncio.CancelledError

        @app.on(OnCrmDealAdd)
        async def wants_a_record(deal: Deal) -> None: ...

        @app.on(OnCrmDealAdd)
        async def own_base_exception() -> None:
            raise OddError

        @app.on(OnCrmDealAdd)
        async def text_that_is_none() -> None:
            raise ValueError("bad \udcff text")

        @app.on(OnCrmDealAdd)
        async def cancels_itself() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)

        @app.on(OnCrmDealAdd, timeout=0.05)
        async def ignores_its_cancellation() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(1.2)

        @app.on(OnCrmDealAdd)
        def not_awaited() -> Any:
            return asyncio.sleep(0)

        async with served(app, store) as running:
            portal.outgoing_webhook(f"{running.url}/events", "ONCRMDEALADD")
            portal.raise_event("ONCRMDEALADD", {"FIELDS": {}})
            await eventually(lambda: settled(running, "ONCRMDEALADD"))
            found = {
                e.handler: (e.state, e.note) for e in await executions(running, "ONCRMDEALADD")
            }

    assert found == {
        "app.exits": (State.DEAD, "SystemExit: 7"),
        "app.exits_in_a_thread": (State.DEAD, "KeyboardInterrupt: "),
        "app.cancelled": (State.DEAD, "CancelledError: "),
        "app.wants_a_record": (State.DEAD, "ONCRMDEALADD came without the id of a record"),
        "app.own_base_exception": (State.DEAD, "OddError: (its text cannot be made)"),
        "app.text_that_is_none": (State.DEAD, "ValueError: bad ? text"),
        "app.cancels_itself": (State.DEAD, "CancelledError: "),
        "app.ignores_its_cancellation": (
            State.DEAD,
            "took longer than its timeout of 0.05 s",
        ),
        "app.not_awaited": (
            State.DEAD,
            "TypeError: the handler returned something to await; write it as async def",
        ),
    }
