"""Everything that can be wrong with a request: each has its own answer, and nothing is stored."""

from __future__ import annotations

import itertools
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bitrix_events import App
from bitrix_events.testing import FakePortal
from bitrix_events.wire.form import encode_form
from tests.corpus import corpus
from tests.serving import Served, served, settings_for

FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.fixture
async def portal() -> AsyncIterator[FakePortal]:
    async with FakePortal().serve() as portal:
        yield portal


@pytest.fixture(params=["app", "webhook"])
async def app(
    request: pytest.FixtureRequest, portal: FakePortal, tmp_path: Path
) -> AsyncIterator[Served]:
    """An app that the portal is known to, in both modes."""
    store = tmp_path / "app.db"
    app = App(settings_for(portal, store, mode=request.param, body_limit=64 * 1024))
    async with served(app, store) as running:
        if request.param == "app":
            await portal.install(f"{running.url}/install")
        yield running


def token_of(portal: FakePortal, app: Served) -> str:
    is_app = bool(portal.sent)
    return portal.application_token if is_app else portal.webhook_token


def event(token: str, **changes: Any) -> dict[str, Any]:
    """A good event, with changes; a change to None takes the field away."""
    auth = {"member_id": "", "domain": "acme.bitrix24.test", "application_token": token}
    return {
        "event": "ONCRMDEALADD",
        "data": {"FIELDS": {"ID": 7}},
        "ts": 1790000000,
        "auth": {**auth, **changes.pop("auth", {})},
    } | changes


async def stored(app: Served) -> int:
    """How many events besides the installation are stored."""
    return sum(view.delivery.code != "ONAPPINSTALL" for view in await app.deliveries())


async def test_a_good_event_is_stored(app: Served, portal: FakePortal) -> None:
    good = event(token_of(portal, app), auth={"member_id": portal.member_id})

    answer = await app.post("/events", encode_form(good))

    assert (answer.status_code, answer.json()["status"]) == (200, "stored")
    assert await stored(app) == 1


async def test_a_body_that_is_no_form_is_refused_with_the_reason(app: Served) -> None:
    bodies = {
        "bracket out of place": b"event[a=1",
        "no name": b"=1",
        "no UTF-8 text": b"a=%FF%FE",
        "more than 16 brackets": b"a" + b"[b]" * 17 + b"=1",
        "more than 1000 fields": b"&".join(b"a[]=1" for _ in range(1001)),
    }

    for message, body in bodies.items():
        answer = await app.post("/events", body)

        assert (answer.status_code, answer.json()["error"]) == (400, "malformed_form")
        assert message in answer.json()["message"]
    assert await stored(app) == 0


async def test_another_content_type_is_refused(app: Served, portal: FakePortal) -> None:
    good = encode_form(event(token_of(portal, app), auth={"member_id": portal.member_id}))

    for sent in ("application/json", "text/plain", "multipart/form-data", ""):
        answer = await app.http.post("/events", content=good, headers={"Content-Type": sent})

        assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")
        assert FORM_TYPE in answer.json()["message"]
    assert await stored(app) == 0


async def test_a_charset_and_odd_case_in_the_content_type_do_not_matter(
    app: Served, portal: FakePortal
) -> None:
    good = encode_form(event(token_of(portal, app), auth={"member_id": portal.member_id}))

    for sent in (f"{FORM_TYPE}; charset=UTF-8", "Application/X-WWW-Form-URLEncoded"):
        answer = await app.http.post("/events", content=good, headers={"Content-Type": sent})

        assert answer.status_code == 200


async def test_what_is_missing_or_has_the_wrong_shape_is_named(
    app: Served, portal: FakePortal
) -> None:
    good = event(token_of(portal, app))
    changed: list[tuple[dict[str, Any], str]] = [
        ({"auth": None}, "auth is missing"),
        ({"auth": "x"}, "auth is not a mapping"),
        ({"auth": ["x"]}, "auth is not a mapping"),
        ({"event": None}, "event is missing"),
        ({"event": ["ONCRMDEALADD"]}, "event is a list"),
        ({"event": "<script>"}, "event is not an event code"),
        ({"event": ""}, "event is not an event code"),
        ({"event": None, "event_token": "x"}, "robot"),
        ({"event": None, "message_id": "1", "message_to": "2"}, "SMS"),
    ]

    for changes, message in changed:
        answer = await app.post("/events", encode_form(good | changes))

        assert (answer.status_code, answer.json()["error"]) == (400, "malformed_event")
        assert message in answer.json()["message"]
    assert await stored(app) == 0


async def test_lists_and_mappings_in_the_place_of_auth_texts_are_refused(
    app: Served, portal: FakePortal
) -> None:
    token = token_of(portal, app)
    names = ("application_token", "member_id", "domain", "client_endpoint")
    shapes: tuple[Any, ...] = (["x", "y"], {"a": "x"})

    for name, shape in itertools.product(names, shapes):
        answer = await app.post("/events", encode_form(event(token, auth={name: shape})))

        assert answer.status_code == 400
        assert f"auth[{name}] is a" in answer.json()["message"]
    assert await stored(app) == 0


async def test_a_member_id_that_is_none_is_refused_and_moves_no_cursor(
    app: Served, portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    token = token_of(portal, app)

    for odd in ("' OR 1=1 --", "evil\n12:00:00 error: \x1b[31mfake", "a" * 65):
        answer = await app.post("/events", encode_form(event(token, auth={"member_id": odd})))

        assert answer.status_code == 400
        assert answer.json()["message"] == "auth[member_id] is no portal's id"
    assert "fake" not in caplog.text


async def test_an_odd_query_of_the_install_page_is_refused(app: Served) -> None:
    page = b"AUTH_ID=x&REFRESH_ID=y&member_id=z"

    answer = await app.post("/install?a[[=1", page)

    assert answer.status_code in (400, 404)  # 404 where there is nothing to install


async def test_a_slash_at_the_end_of_the_address_does_not_matter(
    app: Served, portal: FakePortal
) -> None:
    good = event(token_of(portal, app), auth={"member_id": portal.member_id})

    assert (await app.post("/events/", encode_form(good))).status_code == 200


async def test_a_missing_token_is_named(app: Served, portal: FakePortal) -> None:
    for token in (None, ""):
        answer = await app.post(
            "/events", encode_form(event("x", auth={"application_token": token}))
        )

        assert answer.status_code == 400
        assert answer.json()["message"] == "auth[application_token] is missing"


async def test_whoever_is_not_proven_hears_only_that(
    app: Served, portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    token = token_of(portal, app)
    good = event(token, auth={"member_id": portal.member_id})
    assert (await app.post("/events", encode_form(good))).status_code == 200
    forged = {
        "wrong token": event("0" * 32, auth={"member_id": portal.member_id}),
        "token in another case": event(token.upper(), auth={"member_id": portal.member_id}),
        "token with a blank": event(f"{token} ", auth={"member_id": portal.member_id}),
        "token beyond ASCII": event("тoкен", auth={"member_id": portal.member_id}),
        "wrong member_id": event(token, auth={"member_id": "f" * 32}),
    }

    with caplog.at_level(logging.WARNING):
        answers = {
            name: await app.post("/events", encode_form(body)) for name, body in forged.items()
        }

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        forged, 403
    )
    texts = {answer.text for answer in answers.values()}
    assert texts == {'{"error":"forbidden","message":"the sender could not be verified"}'}
    assert await stored(app) == 1
    assert token not in caplog.text


async def test_an_unknown_portal_is_refused(portal: FakePortal, tmp_path: Path) -> None:
    store = tmp_path / "app.db"
    async with served(App(settings_for(portal, store, mode="app")), store) as app:
        answers = [
            await app.post("/events", case.body)
            for case in corpus()
            if case.kind.startswith("event.") and "lifecycle.install" not in case.kind
        ]
        assert await stored(app) == 0

    assert {answer.status_code for answer in answers} == {403}


async def test_an_installation_that_the_oauth_server_does_not_confirm_is_refused(
    portal: FakePortal, tmp_path: Path
) -> None:
    store = tmp_path / "app.db"
    async with served(App(settings_for(portal, store, mode="app")), store) as app:
        answers = [
            await app.post(f"/install?{case.query}", case.body)
            for case in corpus()
            if "install" in case.kind and "uninstall" not in case.kind
        ]
        assert await app.deliveries() == []

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_an_event_code_that_nobody_handles_is_stored_and_said_once(
    app: Served, portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = event(
        token_of(portal, app), event="ONSOMETHINGNEW", auth={"member_id": portal.member_id}
    )

    with caplog.at_level(logging.WARNING):
        answers = [await app.post("/events", encode_form(unknown)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert await stored(app) == 2
    assert caplog.text.count('@app.on("ONSOMETHINGNEW")') == 1


async def test_a_body_over_the_limit_is_refused_announced_or_not(app: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 8192

    announced = await app.post("/events", b"a" * (64 * 1024 + 1))
    chunked = await app.http.post("/events", content=endless(), headers={"Content-Type": FORM_TYPE})

    for answer in (announced, chunked):
        assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
        assert "65536 bytes" in answer.json()["message"]
    assert await stored(app) == 0


async def test_other_methods_are_told_what_the_address_is_for(app: Served) -> None:
    methods = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")

    for method, path in itertools.product(methods, ("/events", "/install")):
        answer = await app.http.request(method, path)

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert method == "HEAD" or f"{path} is the address" in answer.text


async def test_a_webhook_app_says_that_it_cannot_be_installed(
    portal: FakePortal, tmp_path: Path
) -> None:
    store = tmp_path / "app.db"
    async with served(App(settings_for(portal, store, mode="webhook")), store) as app:
        answer = await portal.install(f"{app.url}/install")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_an_app")
    assert "BITRIX_EVENTS_CLIENT_ID" in answer.json()["message"]


async def test_an_oauth_server_that_is_down_is_said_and_nothing_is_stored(
    portal: FakePortal, tmp_path: Path
) -> None:
    store = tmp_path / "app.db"
    settings = settings_for(portal, store, mode="app")
    unreachable = settings.model_copy(update={"oauth_urls": ("http://127.0.0.1:9",)})
    async with served(App(unreachable), store) as app:
        answer = await portal.install(f"{app.url}/install")
        assert await app.deliveries() == []

    assert (answer.status_code, answer.json()["error"]) == (503, "oauth_unreachable")
