"""Subscriptions follow the handlers: what is missing is bound, what is over is ended, and what is
somebody else's stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bitrix_events.errors import BatchError, InstallationChanged, RestError
from bitrix_events.portals import subscriptions
from bitrix_events.portals.subscriptions import (
    NOT_BOUND,
    Binding,
    Difference,
    Wanted,
    compare,
    synchronise,
)
from bitrix_events.rest.client import Client
from bitrix_events.rest.responses import Response
from bitrix_events.rest.transport import Transport
from bitrix_events.store.base import Installations
from bitrix_events.store.records import Installation
from bitrix_events.testing import FakePortal, catalog
from bitrix_events.testing.faults import Fault
from tests.access import FixedAccess

URL = "https://app.test/bitrix/events"
OLD_URL = "https://old.test/bitrix/events"
OTHER_URL = "https://somebody.test/"
PAYMENT = frozenset({"ONAPPPAYMENT", "ONSUBSCRIPTIONRENEW"})
"""Events that tell whether the app is paid for."""


class OneInstallation(Installations):
    """Remembers one installation, by compare-and-swap. Nothing else is asked of it."""

    def __init__(self, portal: FakePortal, **known: Any) -> None:
        self.row: Installation | None = Installation(
            portal.member_id, portal.member_id, portal.domain, version=1, **known
        )
        self.saved = 0
        self.meanwhile: list[Installation | None] = []
        """What somebody else writes just before the next times that we do."""

    async def installation(self, portal: str) -> Installation | None:
        return self.row

    async def save_installation(self, installation: Installation) -> bool:
        if self.meanwhile:
            self.row = self.meanwhile.pop()
        if self.row is None or self.row.version != installation.version:
            return False
        self.row = replace(installation, version=installation.version + 1)
        self.saved += 1
        return True

    async def installation_at(self, domain: str) -> Installation | None:
        raise NotImplementedError

    async def installations(self) -> list[Installation]:
        raise NotImplementedError

    async def begin_refresh(self, portal: str, *, version: int, seconds: float) -> bool:
        raise NotImplementedError

    async def end_refresh(self, portal: str) -> None:
        raise NotImplementedError

    async def forget(self, portal: str, *, version: int | None = None) -> bool:
        raise NotImplementedError

    def remembers(self, url: str, *codes: str) -> bool:
        assert self.row is not None
        return (self.row.bound_url, self.row.bound_codes) == (url, codes)


@pytest.fixture
def portal() -> FakePortal:
    return FakePortal()


@pytest.fixture
async def client(portal: FakePortal) -> AsyncIterator[Client]:
    transport = Transport(portal.transport)
    yield Client(FixedAccess(portal, portal.issue_tokens().access_token), transport)
    await transport.close()


@pytest.fixture
def installations(portal: FakePortal) -> OneInstallation:
    return OneInstallation(portal)


def wanted(*codes: str, optional: frozenset[str] = frozenset()) -> Wanted:
    return Wanted(URL, frozenset(codes), optional)


@pytest.fixture
def unpaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portals know nothing of payment."""
    monkeypatch.setattr(catalog, "LIFECYCLE", catalog.LIFECYCLE - PAYMENT)


def bound(portal: FakePortal) -> list[tuple[str, str]]:
    return sorted((binding.event, binding.handler) for binding in portal.bindings)


async def bind(client: Client, *codes: str, url: str = URL, **params: Any) -> None:
    await client.batch([("event.bind", {"event": c, "handler": url, **params}) for c in codes])


# Comparing.


async def test_what_is_wanted_and_not_there_is_to_be_bound(client: Client) -> None:
    await bind(client, "ONCRMDEALADD")

    difference = await compare(client, wanted("ONCRMDEALADD", "ONCRMLEADADD", "ONAPPUNINSTALL"))

    assert difference == Difference(bind=("ONAPPUNINSTALL", "ONCRMLEADADD"), keep=("ONCRMDEALADD",))


async def test_what_is_there_and_not_wanted_is_to_be_ended(client: Client) -> None:
    await bind(client, "ONCRMDEALADD", "ONCRMLEADADD")

    difference = await compare(client, wanted("ONCRMDEALADD"))

    assert difference == Difference(unbind=(Binding("ONCRMLEADADD", URL),), keep=("ONCRMDEALADD",))


async def test_everything_at_our_old_address_is_to_be_ended(client: Client) -> None:
    await bind(client, "ONCRMDEALADD", url=OLD_URL)

    difference = await compare(client, wanted("ONCRMDEALADD"), old_url=OLD_URL)

    assert difference == Difference(
        bind=("ONCRMDEALADD",), unbind=(Binding("ONCRMDEALADD", OLD_URL),)
    )


async def test_other_addresses_and_other_users_tokens_are_somebody_elses(client: Client) -> None:
    await bind(client, "ONCRMDEALADD", url=OTHER_URL)
    await bind(client, "ONCRMDEALADD", url=URL + "/")
    await bind(client, "ONCRMDEALADD", auth_type=1)

    difference = await compare(client, wanted("ONCRMDEALADD"), old_url=OLD_URL)

    assert difference == Difference(
        bind=("ONCRMDEALADD",),
        foreign=(
            Binding("ONCRMDEALADD", OTHER_URL),
            Binding("ONCRMDEALADD", URL + "/"),
            Binding("ONCRMDEALADD", URL, auth_type=1),
        ),
    )


async def test_offline_events_are_shown_and_left_alone(portal: FakePortal, client: Client) -> None:
    portal.features["rest_auth_connector"] = "Y"
    await client.call(
        "event.bind", event="onCrmDealAdd", event_type="offline", auth_connector="erp"
    )

    difference = await compare(client, wanted())

    assert difference == Difference(
        foreign=(Binding("ONCRMDEALADD", offline=True, connector_id="erp"),)
    )


async def test_a_code_is_compared_without_regard_to_case() -> None:
    rows = [{"event": "OnCrmDealAdd", "handler": URL, "auth_type": "0", "offline": 0}]

    assert await compare(Answering(rows), wanted("ONCRMDEALADD")) == Difference(
        keep=("ONCRMDEALADD",)
    )


@pytest.mark.parametrize(
    "rows", [[], {}, None, "x", [None, 7, {}, {"event": None}, {"event": ""}, []]]
)
async def test_a_portal_that_tells_nothing_usable_has_no_subscriptions(rows: Any) -> None:
    assert await compare(Answering(rows), wanted("ONCRMDEALADD")) == Difference(
        bind=("ONCRMDEALADD",)
    )


def test_handlers_and_the_framework_are_served_by_one_address() -> None:
    assert Wanted.by_handlers(URL, ["OnCrmDealAdd"]) == wanted(
        "ONCRMDEALADD", "ONAPPUNINSTALL", optional=PAYMENT
    )


def test_what_a_handler_names_is_not_optional() -> None:
    assert Wanted.by_handlers(URL, ["OnAppPayment"]) == wanted(
        "ONAPPPAYMENT", "ONAPPUNINSTALL", optional=PAYMENT - {"ONAPPPAYMENT"}
    )


def test_what_was_remembered_tells_whether_the_portal_has_to_be_asked() -> None:
    needs = wanted("ONCRMDEALADD", "ONAPPINSTALL")
    told = Installation("acme", "acme", "acme.test", bound_url=URL, bound_codes=("ONCRMDEALADD",))

    assert needs.is_met_by(told)
    assert not needs.is_met_by(replace(told, bound_url=OLD_URL))
    assert not needs.is_met_by(replace(told, bound_codes=()))
    assert not wanted("ONTASKADD").is_met_by(told)


@pytest.mark.parametrize(
    ("bound", "is_met"),
    [
        (["ONCRMDEALADD"], True),
        (["ONCRMDEALADD", "ONAPPPAYMENT"], True),
        (["ONCRMDEALADD", *PAYMENT], True),
        ([*PAYMENT], False),
    ],
)
def test_a_portal_need_not_send_all_optional_events(bound: list[str], is_met: bool) -> None:
    told = Installation("acme", "acme", "acme.test", bound_url=URL, bound_codes=tuple(bound))

    assert wanted("ONCRMDEALADD", optional=PAYMENT).is_met_by(told) is is_met


def test_a_portal_that_sends_more_than_is_wanted_need_not_be_asked() -> None:
    told = Installation(
        "acme", "acme", "acme.test", bound_url=URL, bound_codes=("ONCRMDEALADD", "ONTASKADD")
    )

    assert wanted("ONCRMDEALADD").is_met_by(told)


class Answering(Client):
    """A client whose portal tells of these subscriptions, whatever they are, and offers all."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def call(self, method: str, /, *_: Any, **__: Any) -> Any:
        async def answer() -> Response:
            return Response(CODES if method == "events" else self._rows)

        return answer()


CODES = ["ONCRMDEALADD", "ONCRMLEADADD", "ONTASKADD", "ONAPPINSTALL", "ONAPPUSERREADY"]
code_sets = st.frozensets(st.sampled_from(CODES))
urls = st.sampled_from([URL, OLD_URL, OTHER_URL, ""])
bindings = st.builds(
    Binding, st.sampled_from(CODES), urls, st.integers(0, 2), st.booleans(), st.just("")
)


@given(present=st.lists(bindings, max_size=12), required=code_sets, optional=code_sets, old=urls)
async def test_whatever_is_there_the_difference_leads_to_what_is_wanted(
    present: Sequence[Binding], required: frozenset[str], optional: frozenset[str], old: str
) -> None:
    codes = required | optional
    rows = [
        {
            "event": b.event,
            "handler": b.handler,
            "auth_type": str(b.auth_type),
            "offline": b.offline,
        }
        for b in present
    ]
    difference = await compare(Answering(rows), wanted(*required, optional=optional), old_url=old)

    after = {b for b in present if b not in difference.unbind}
    after |= {Binding(code, URL) for code in difference.bind}
    ours = {b for b in after if b.handler in {URL, old} - {""} and b not in difference.foreign}
    assert ours == {Binding(code, URL) for code in codes - NOT_BOUND}
    assert not set(difference.bind) & set(difference.keep)
    assert set(difference.bind) | set(difference.keep) == codes - NOT_BOUND
    assert all(b.handler in {URL, old} for b in difference.unbind)
    assert not any(b.auth_type or b.offline or b.event in NOT_BOUND for b in difference.unbind)
    assert after >= set(difference.foreign)


# Synchronising.


async def test_the_portal_sends_what_is_wanted_and_it_is_remembered(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    await bind(client, "ONTASKADD")
    await bind(client, "ONCRMDEALADD", url=OTHER_URL)

    difference = await synchronise(
        client, installations, portal.member_id, wanted("ONCRMDEALADD", "ONCRMLEADADD")
    )

    assert difference.bind == ("ONCRMDEALADD", "ONCRMLEADADD")
    assert bound(portal) == [
        ("ONCRMDEALADD", URL),
        ("ONCRMDEALADD", OTHER_URL),
        ("ONCRMLEADADD", URL),
    ]
    assert installations.remembers(URL, "ONCRMDEALADD", "ONCRMLEADADD")


async def test_nothing_is_sent_or_written_when_nothing_is_different(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))
    requests, saved = portal.requests, installations.saved

    difference = await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert difference.is_empty
    assert portal.requests == requests + 1
    assert installations.saved == saved


async def test_two_that_work_for_one_portal_do_not_end_what_the_other_needs(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = wanted("ONCRMDEALADD"), wanted("ONCRMLEADADD")

    for one in needs:
        await synchronise(client, installations, portal.member_id, one, prune=False)

    assert bound(portal) == [("ONCRMDEALADD", URL), ("ONCRMLEADADD", URL)]
    assert installations.row is not None
    assert all(one.is_met_by(installations.row) for one in needs)


async def test_an_old_address_ends_although_nothing_else_may(
    portal: FakePortal, client: Client
) -> None:
    await bind(client, "ONTASKADD", url=OLD_URL)
    installations = OneInstallation(portal, bound_url=OLD_URL, bound_codes=("ONTASKADD",))

    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"), prune=False)

    assert bound(portal) == [("ONCRMDEALADD", URL)]
    assert installations.remembers(URL, "ONCRMDEALADD")


async def test_who_cannot_remember_does_not_try_for_ever(
    portal: FakePortal, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "_LOOK_AGAIN_SECONDS", 0)
    installations = OneInstallation(portal)
    assert installations.row is not None
    installations.meanwhile = [replace(installations.row, version=n) for n in range(100, 200)]

    with pytest.raises(InstallationChanged):
        await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert bound(portal) == [("ONCRMDEALADD", URL)]


async def test_a_new_address_is_bound_before_the_old_one_ends(
    portal: FakePortal, client: Client
) -> None:
    await bind(client, "ONCRMDEALADD", url=OLD_URL)
    installations = OneInstallation(portal, bound_url=OLD_URL, bound_codes=("ONCRMDEALADD",))

    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    changes = [c.method for c in portal.calls() if c.method in ("event.bind", "event.unbind")]
    assert changes == ["event.bind", "event.bind", "event.unbind"]
    assert bound(portal) == [("ONCRMDEALADD", URL)]
    assert installations.remembers(URL, "ONCRMDEALADD")


async def test_many_events_at_a_new_address_take_two_batches(
    portal: FakePortal, client: Client
) -> None:
    codes = (await client.call("events")).result[:20]
    codes = [code for code in codes if code not in NOT_BOUND]
    await bind(client, *codes, url=OLD_URL)
    installations = OneInstallation(portal, bound_url=OLD_URL)
    before = portal.requests

    await synchronise(client, installations, portal.member_id, wanted(*codes))

    assert portal.requests == before + 3
    assert bound(portal) == [(code, URL) for code in sorted(codes)]


async def test_events_that_come_without_a_subscription_are_not_bound(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    difference = await synchronise(client, installations, portal.member_id, wanted(*NOT_BOUND))

    assert difference == Difference()
    assert portal.bindings == []
    assert installations.remembers(URL)


async def test_an_event_that_somebody_bound_meanwhile_is_a_success(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.fail_next(
        "event.bind",
        "ERROR_CORE",
        description="Unable to set event handler: Handler already binded",
    )

    await synchronise(
        client, installations, portal.member_id, wanted("ONCRMDEALADD", "ONCRMDEALUPDATE")
    )

    assert installations.remembers(URL, "ONCRMDEALADD", "ONCRMDEALUPDATE")


async def test_a_binding_that_somebody_else_has_started_is_tried_again(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.fail_next("event.bind", "ERROR_CORE", description="Binding already started", times=2)

    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert len(portal.calls("event.bind")) == 3
    assert bound(portal) == [("ONCRMDEALADD", URL)]


async def test_a_binding_that_never_ends_starting_is_told_in_the_end(
    portal: FakePortal,
    client: Client,
    installations: OneInstallation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "_LOOK_AGAIN_SECONDS", 0.0)
    portal.fail_next("event.bind", "ERROR_CORE", description="Binding already started", times=9)

    with pytest.raises(BatchError) as caught:
        await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert list(caught.value.errors) == ["ONCRMDEALADD"]
    assert installations.remembers(URL)


async def test_refused_events_are_told_together_and_everything_else_is_done(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    await bind(client, "ONTASKADD")

    with pytest.raises(BatchError) as caught:
        await synchronise(
            client,
            installations,
            portal.member_id,
            wanted("ONCRMDEALADD", "ONTELEPATHY", "ONTELEKINESIS"),
        )

    assert list(caught.value.errors) == ["ONTELEKINESIS", "ONTELEPATHY"]
    assert caught.value.errors["ONTELEPATHY"].code == "ERROR_EVENT_NOT_FOUND"
    assert bound(portal) == [("ONCRMDEALADD", URL)]
    assert installations.remembers(URL, "ONCRMDEALADD")


async def test_optional_events_are_bound_where_they_are_offered(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = wanted("ONCRMDEALADD", optional=PAYMENT)

    await synchronise(client, installations, portal.member_id, needs)

    assert bound(portal) == [(code, URL) for code in sorted(PAYMENT | {"ONCRMDEALADD"})]
    assert installations.remembers(URL, *sorted(PAYMENT | {"ONCRMDEALADD"}))
    assert (await compare(client, needs)).is_empty


@pytest.mark.usefixtures("unpaid")
async def test_a_portal_that_offers_no_optional_event_sends_what_it_can_and_is_not_asked_again(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = wanted("ONCRMDEALADD", optional=PAYMENT)

    await synchronise(client, installations, portal.member_id, needs)

    assert len(portal.calls("event.bind")) == 1
    assert bound(portal) == [("ONCRMDEALADD", URL)]
    assert installations.row is not None
    assert needs.is_met_by(installations.row)


@pytest.mark.usefixtures("unpaid")
async def test_an_event_that_is_not_offered_and_not_optional_is_told_alone(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = wanted("ONCRMDEALADD", "ONTELEPATHY", optional=PAYMENT)

    with pytest.raises(BatchError) as caught:
        await synchronise(client, installations, portal.member_id, needs)

    assert list(caught.value.errors) == ["ONTELEPATHY"]
    assert bound(portal) == [("ONCRMDEALADD", URL)]


async def test_an_optional_event_that_fails_for_another_reason_is_told(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.fail_next("event.bind", "ERROR_CORE", description="Not today")  # the first of the three

    with pytest.raises(BatchError) as caught:
        await synchronise(
            client, installations, portal.member_id, wanted("ONCRMDEALADD", optional=PAYMENT)
        )

    assert list(caught.value.errors) == ["ONAPPPAYMENT"]
    assert installations.remembers(URL, "ONCRMDEALADD", "ONSUBSCRIPTIONRENEW")


async def test_what_the_new_address_cannot_have_goes_on_at_the_old_one(
    portal: FakePortal, client: Client
) -> None:
    await bind(client, "ONCRMDEALADD", "ONCRMLEADADD", url=OLD_URL)
    installations = OneInstallation(portal, bound_url=OLD_URL)
    portal.fail_next("event.bind", "ERROR_CORE", description="No more handlers")

    with pytest.raises(BatchError):
        await synchronise(
            client, installations, portal.member_id, wanted("ONCRMDEALADD", "ONCRMLEADADD")
        )

    assert bound(portal) == [("ONCRMDEALADD", OLD_URL), ("ONCRMLEADADD", URL)]
    assert installations.remembers(OLD_URL, "ONCRMDEALADD")

    await synchronise(
        client, installations, portal.member_id, wanted("ONCRMDEALADD", "ONCRMLEADADD")
    )

    assert bound(portal) == [("ONCRMDEALADD", URL), ("ONCRMLEADADD", URL)]
    assert installations.remembers(URL, "ONCRMDEALADD", "ONCRMLEADADD")


async def test_a_subscription_that_cannot_be_ended_is_remembered(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    await bind(client, "ONTASKADD")
    portal.fail_next("event.unbind", "ERROR_CORE", description="Not today")

    with pytest.raises(BatchError) as caught:
        await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert list(caught.value.errors) == [f"ONTASKADD at {URL}"]
    assert installations.remembers(URL, "ONCRMDEALADD", "ONTASKADD")


async def test_a_portal_that_does_not_list_its_subscriptions_is_an_error(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.fail_next("event.get", "WRONG_AUTH_TYPE")

    with pytest.raises(RestError, match="WRONG_AUTH_TYPE"):
        await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert portal.bindings == []
    assert installations.saved == 0


async def test_what_others_write_meanwhile_is_kept(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    assert installations.row is not None
    installations.meanwhile = [replace(installations.row, paused=True, version=7)]

    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert installations.row.paused
    assert installations.remembers(URL, "ONCRMDEALADD")


async def test_a_portal_that_is_forgotten_meanwhile_stays_forgotten(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    installations.meanwhile = [None]

    await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

    assert installations.row is None


async def test_it_works_over_a_socket_too() -> None:
    async with FakePortal().serve() as portal:
        token = SecretStr(portal.issue_tokens().access_token)
        async with Client(portal.rest_url, token=token) as client:
            await bind(client, "ONTASKADD", url=OLD_URL)
            old = OneInstallation(portal, bound_url=OLD_URL)

            await synchronise(client, old, portal.member_id, wanted("ONCRMDEALADD"))

        assert bound(portal) == [("ONCRMDEALADD", URL)]


async def test_an_answer_that_is_lost_does_not_lose_a_subscription(
    installations: OneInstallation,
) -> None:
    async with FakePortal().serve() as portal:
        token = SecretStr(portal.issue_tokens().access_token)
        async with Client(portal.rest_url, token=token) as client:
            portal.fail_request(2, Fault.RESET_AFTER)

            await synchronise(client, installations, portal.member_id, wanted("ONCRMDEALADD"))

        assert bound(portal) == [("ONCRMDEALADD", URL)]
        assert installations.remembers(URL, "ONCRMDEALADD")


# Offline events.


def kept(portal: FakePortal) -> list[tuple[str, str]]:
    return sorted((b.event, b.connector_id) for b in portal.bindings if b.offline)


async def test_offline_events_are_kept_in_our_queue_and_remembered(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = Wanted(URL, frozenset({"ONTASKADD"}), offline=frozenset({"ONCRMDEALADD"}))

    difference = await synchronise(client, installations, "acme", needs)

    assert (difference.bind, difference.bind_offline) == (("ONTASKADD",), ("ONCRMDEALADD",))
    assert kept(portal) == [("ONCRMDEALADD", "bitrix_events")]
    assert installations.remembers(URL, "ONTASKADD", "ONCRMDEALADD@bitrix_events")
    assert installations.row is not None
    assert needs.is_met_by(installations.row)
    assert not replace(needs, offline=frozenset({"ONTASKADD"})).is_met_by(installations.row)
    assert (await synchronise(client, installations, "acme", needs)).is_empty


async def test_offline_events_that_nobody_wants_any_more_end(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    both = frozenset({"ONCRMDEALADD", "ONTASKADD"})
    await synchronise(client, installations, "acme", Wanted(URL, frozenset(), offline=both))
    less = Wanted(URL, frozenset(), offline=frozenset({"ONTASKADD"}))

    await synchronise(client, installations, "acme", less, prune=False)
    assert len(kept(portal)) == 2
    await synchronise(client, installations, "acme", less)

    assert kept(portal) == [("ONTASKADD", "bitrix_events")]
    assert installations.remembers(URL, "ONTASKADD@bitrix_events")


async def test_queues_of_somebody_else_stay(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    for queue in ("", "erp"):
        named = client.with_options(auth_connector=queue)
        await named.call("event.bind", event="ONCRMLEADADD", event_type="offline")
    needs = Wanted(URL, frozenset(), offline=frozenset({"ONTASKADD"}))

    difference = await synchronise(client, installations, "acme", needs)

    assert [b.connector_id for b in difference.foreign] == ["", "erp"]
    assert len(kept(portal)) == 3


async def test_without_an_address_what_is_sent_stays_as_it_is(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    await synchronise(client, installations, "acme", wanted("ONCRMDEALADD"))
    needs = Wanted.by_handlers("", ["ONCRMDEALADD"], offline=["ONTASKADD"])

    await synchronise(client, installations, "acme", needs)

    assert bound(portal) == [("ONCRMDEALADD", URL), ("ONTASKADD", "")]
    assert installations.remembers(URL, "ONCRMDEALADD", "ONTASKADD@bitrix_events")
    assert installations.row is not None
    assert needs.is_met_by(installations.row)


async def test_a_plan_without_offline_events_lacks_them_and_nothing_else(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.features["rest_offline_extended"] = "N"
    needs = Wanted(URL, frozenset({"ONTASKADD"}), offline=frozenset({"ONCRMDEALADD"}))

    difference = await synchronise(client, installations, "acme", needs)

    assert (difference.lacking, difference.bind_offline) == (("ONCRMDEALADD",), ())
    assert installations.remembers(URL, "ONTASKADD")


async def test_a_queue_without_a_name_stays_in_use_when_the_plan_gets_names(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    portal.features["rest_auth_connector"] = "N"
    first = Wanted(URL, frozenset(), offline=frozenset({"ONCRMDEALADD"}))
    await synchronise(client, installations, "acme", first)
    portal.features["rest_auth_connector"] = "Y"
    more = Wanted(URL, frozenset(), offline=frozenset({"ONCRMDEALADD", "ONTASKADD"}))

    await synchronise(client, installations, "acme", more)

    assert kept(portal) == [("ONCRMDEALADD", ""), ("ONTASKADD", "")]
    assert installations.row is not None
    assert more.is_met_by(installations.row)


async def test_an_offline_event_that_the_portal_refuses_is_told_of(
    portal: FakePortal, client: Client, installations: OneInstallation
) -> None:
    needs = Wanted(URL, frozenset(), offline=frozenset({"ONCRMDEALADD", "ONNOTHING"}))

    with pytest.raises(BatchError) as failure:
        await synchronise(client, installations, "acme", needs)

    assert list(failure.value.errors) == ["ONNOTHING offline"]
    assert installations.remembers(URL, "ONCRMDEALADD@bitrix_events")


def test_the_doorbell_is_wanted_where_something_is_kept_and_we_can_be_called() -> None:
    assert "ONOFFLINEEVENT" in Wanted.by_handlers(URL, [], offline=["onTaskAdd"]).codes
    assert "ONOFFLINEEVENT" not in Wanted.by_handlers(URL, ["onTaskAdd"]).codes
    assert Wanted.by_handlers("", [], offline=["onTaskAdd"]).codes == frozenset()
