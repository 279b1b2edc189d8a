"""The page of a served fake portal, without a browser: what it changes, shows, and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitrix_events.testing import FakePortal, page
from bitrix_events.testing.html import Html, document, tag
from bitrix_events.testing.kinds import KINDS
from bitrix_events.testing.page import EVENTS, PortalPage, is_http_url
from bitrix_events.testing.page_views import Recipe

ADDRESS = "http://127.0.0.1:8080"
TAKEN = "http://app.test/events"
HOSTILE = "<script>alert(1)</script>\"'&amp;"


async def take(request: Request) -> Response:
    return Response(status_code=503 if "refusing" in request.url.path else 200)


@pytest.fixture
def portal() -> FakePortal:
    app = Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])
    return FakePortal(domain="127.0.0.1:8080", outbound=httpx.ASGITransport(app))


@pytest.fixture
async def browser(portal: FakePortal) -> AsyncIterator[httpx.AsyncClient]:
    served = PortalPage(portal, lambda: [Recipe("copy <this>", "export A=1")])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(served), base_url=ADDRESS, follow_redirects=True
    ) as client:
        yield client


async def submit(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Fill in the form of a page, leave the rest as it is, and send it."""
    text = (await browser.get(path)).text
    before = re.search(r'name="before" value="([^"]*)"', text)
    assert before
    given = {"before": unescape(before[1]), **json.loads(unescape(before[1])), **fields}
    return await browser.post(path.removesuffix("/new"), data=given)


async def test_a_record_is_added_changed_and_deleted_and_events_go_out(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    portal.outgoing_webhook(TAKEN, *EVENTS)

    added = await submit(browser, "/records/deal/new", TITLE="Roof", OPPORTUNITY="12.5")
    changed = await submit(
        browser, "/records/deal/1", STAGE_ID="WON", more="uf_crm_a", more_value="7"
    )
    kept = portal.record("deal", 1)
    deleted = await browser.post("/records/deal/1/delete")
    await portal.settled()

    assert "Deal 1 was added. ONCRMDEALADD goes to 1 address." in added.text
    assert "Deal 1 was changed." in changed.text
    assert "Deal 1 was deleted." in deleted.text
    assert (kept["TITLE"], kept["OPPORTUNITY"]) == ("Roof", "12.50")
    assert (kept["STAGE_ID"], kept["CLOSED"], kept["UF_CRM_A"]) == ("WON", "Y", "7")
    assert list(portal.ids("deal")) == []
    assert [(s.code, s.url, s.status) for s in portal.sent] == [
        ("ONCRMDEALADD", TAKEN, 200),
        ("ONCRMDEALUPDATE", TAKEN, 200),
        ("ONCRMDEALDELETE", TAKEN, 200),
    ]


async def test_a_form_changes_what_was_changed_in_it_and_nothing_else(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    deal = portal.add("deal", TITLE="Roof", COMMENTS="one\r\ntwo", UF_CRM_LIST=["a", "b"])
    text = (await browser.get(f"/records/deal/{deal}")).text
    shown = json.loads(unescape(re.findall(r'name="before" value="([^"]*)"', text)[0]))
    portal.change("deal", deal, TITLE="Changed meanwhile")
    given = {**shown, "COMMENTS": "one\r\ntwo", "CURRENCY_ID": "EUR", "before": json.dumps(shown)}

    await browser.post(f"/records/deal/{deal}", data=given)

    record = portal.record("deal", deal)
    assert record["TITLE"] == "Changed meanwhile"
    assert record["COMMENTS"] == "one\r\ntwo"
    assert record["UF_CRM_LIST"] == ["a", "b"]
    assert record["CURRENCY_ID"] == "EUR"


async def test_lists_are_written_as_json_and_what_is_none_is_shown_again(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    phones = '[{"ID": "7", "VALUE": "+491", "VALUE_TYPE": "WORK"}]'

    refused = await submit(browser, "/records/contact/new", NAME="Ada", PHONE="[+491")
    taken = await submit(browser, "/records/contact/new", NAME="Ada", PHONE=phones)
    contact = portal.record("contact", 1)

    assert refused.status_code == 422
    assert "PHONE is written as JSON, and this is none" in refused.text
    assert 'value="Ada"' in refused.text
    assert "<details open>" in refused.text
    assert "[+491</textarea>" in refused.text
    assert taken.status_code == 200
    assert contact["PHONE"] == json.loads(phones)
    assert list(portal.ids("contact")) == [1]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"more": "TITLE2", "more_value": "x"}, "their names begin with UF_"),
        ({"by": "77"}, "there is no user 77"),
        ({"by": "²"}, "there is no user ²"),
    ],
)
async def test_what_cannot_be_taken_is_said_in_the_form(
    fields: dict[str, str], complaint: str, portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    answer = await submit(browser, "/records/deal/new", TITLE="Roof", **fields)

    assert answer.status_code == 422
    assert complaint in answer.text
    assert list(portal.ids("deal")) == []


async def test_the_event_of_nobody_carries_no_token(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    portal.issue_tokens()
    portal.bind_other_app(TAKEN, "ONCRMDEALADD")

    await submit(browser, "/records/deal/new", TITLE="Roof", by="0")
    await submit(browser, "/records/deal/new", TITLE="Roof", by="1")
    await portal.settled()

    assert [b"access_token" in sent.body for sent in portal.sent] == [False, True]


@pytest.mark.parametrize("kind", [*KINDS, "dynamic_147"])
async def test_every_kind_has_a_list_and_a_form_that_adds(
    kind: str, portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    before = list(portal.ids(kind))
    added = await submit(browser, f"/records/{kind}/new")
    record_id = next(i for i in portal.ids(kind) if i not in before)
    changed = await submit(browser, f"/records/{kind}/{record_id}")
    deleted = await browser.post(f"/records/{kind}/{record_id}/delete")
    await portal.settled()

    assert (added.status_code, changed.status_code, deleted.status_code) == (200, 200, 200)
    assert f'href="/records/{kind}" aria-current="page"' in added.text
    assert list(portal.ids(kind)) == before


async def test_everything_that_others_wrote_is_escaped(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    deal = portal.add("deal", TITLE=HOSTILE, COMMENTS=f"</textarea>{HOSTILE}", UF_X=[HOSTILE])
    portal.add("type", ENTITY_TYPE_ID=147, TITLE=HOSTILE)
    portal.add("user", NAME=HOSTILE)
    portal.outgoing_webhook(f"http://app.test/{HOSTILE}", "ONCRMDEALUPDATE")
    portal.change("deal", deal, TITLE=HOSTILE)
    await browser.post("/rest/1/fakewebhookcode/" + "a<script>", data={HOSTILE: HOSTILE})
    await portal.settled()
    paths = ["/", "/records/deal", f"/records/deal/{deal}", "/records/type/1", "/traffic"]
    paths += ["/records/user", f"/records/deal?said=added&id={HOSTILE}", f"/records/{HOSTILE}"]

    texts = [(await browser.get(path)).text for path in paths]
    texts.append((await submit(browser, f"/records/deal/{deal}", more=HOSTILE)).text)

    assert len(texts) == 9
    for text in texts:
        assert re.findall(r"<script(?! src=\"/page.js\")", text) == []
        assert "&lt;script" in text or "alert" not in text


async def test_a_long_list_comes_in_pages_newest_first(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    portal.fill("deal", 60, TITLE="Roof")

    def ids(text: str) -> list[int]:
        return [int(i) for i in re.findall(r'"/records/deal/(\d+)"', text)]

    first = (await browser.get("/records/deal")).text
    last = (await browser.get("/records/deal?start=50")).text
    beyond = (await browser.get("/records/deal?start=500")).text
    odd = (await browser.get("/records/deal?start=-3")).text

    assert ids(first) == list(range(60, 35, -1))
    assert "Older" in first
    assert "Newer" not in first
    assert ids(last) == list(range(10, 0, -1))
    assert "Older" not in last
    assert "Newer" in last
    assert ids(beyond) == []
    assert ids(odd) == ids(first)


async def test_webhooks_and_installations_are_made_and_removed(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    made = await browser.post("/webhooks", data={"url": TAKEN})
    again = await browser.post("/webhooks", data={"url": TAKEN})
    told = {(b.event, b.handler) for b in portal.bindings}
    count = len(portal.bindings)
    gone = await browser.post("/webhooks/remove", data={"url": TAKEN})
    refused = await browser.post("/install", data={"url": "http://app.test/refusing"})
    installed = await browser.post("/install", data={"url": "http://app.test/install"})
    removed = await browser.post("/uninstall")
    wrong = await browser.post("/webhooks", data={"url": "javascript:alert(1)"})

    assert [made.status_code, again.status_code, gone.status_code] == [200, 200, 200]
    assert told == {(code, TAKEN) for code in EVENTS}
    assert count == len(EVENTS)
    assert portal.bindings == []
    assert "The app has refused its installation." in refused.text
    assert "The app has taken its installation." in installed.text
    assert "The app is removed." in removed.text
    assert wrong.status_code == 422
    assert [s.code for s in portal.sent] == ["ONAPPINSTALL", "ONAPPINSTALL"]


async def test_an_app_that_is_not_there_is_said_to_be_so(portal: FakePortal) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    lonely = FakePortal(domain="127.0.0.1:8080", outbound=httpx.MockTransport(fail))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(PortalPage(lonely)), base_url=ADDRESS
    ) as client:
        answer = await client.post("/install", data={"url": "http://app.test/install"})
        shown = await client.get(answer.headers["location"])

    assert "The app was not reached" in shown.text
    assert "no answer" in shown.text
    assert "nobody listens" in shown.text


async def test_what_went_out_and_came_in_is_listed_newest_first(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    portal.outgoing_webhook("http://app.test/refusing", "ONCRMDEALADD")
    await browser.post("/rest/1/fakewebhookcode/crm.deal.add", data={"fields[TITLE]": "Roof"})
    await browser.post("/rest/1/fakewebhookcode/crm.deal.list", data={"filter[>ID]": "0"})
    await portal.settled()

    text = unescape(re.sub(r"<[^>]*>", " ", (await browser.get("/traffic")).text))

    assert re.search(r"ONCRMDEALADD\s+503\s+http://app.test/refusing", text)
    assert '"ID": "1"' in text
    assert text.index("crm.deal.list") < text.index("crm.deal.add")
    assert '">ID": "0"' in text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost:8080", 200),
        ("LOCALHOST", 200),
        ("[::1]:8080", 200),
        ("evil.test:8080", 403),
        ("evil.test", 403),
        ("127.0.0.1.evil.test:8080", 403),
        ("localhost.evil.test", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/traffic", "/records/deal/new", "/page.js"])
async def test_the_page_answers_to_its_own_names_only(
    path: str, host: str, status: int, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(path, headers={"Host": host})

    assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1:8080.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": ADDRESS},
        {"Sec-Fetch-Site": "none"},
        {"Host": "evil.test", "Origin": "http://evil.test"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/records/deal", "/records/deal/1/delete", "/webhooks", "/install"]
)
async def test_forms_of_other_sites_do_nothing(
    path: str, headers: dict[str, str], portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    portal.add("deal", TITLE="Roof")

    answer = await browser.post(path, data={"TITLE": "x", "url": TAKEN}, headers=headers)

    assert answer.status_code == 403
    assert list(portal.ids("deal")) == [1]
    assert (portal.bindings, portal.sent) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}, {"Origin": ADDRESS.upper()}],
)
async def test_its_own_forms_and_programs_are_let_in(
    headers: dict[str, str], portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post("/records/deal", data={"TITLE": "Roof"}, headers=headers)

    assert answer.status_code == 200
    assert portal.record("deal", 1)["TITLE"] == "Roof"


async def test_rest_and_oauth_are_the_portals_own(
    portal: FakePortal, browser: httpx.AsyncClient
) -> None:
    headers = {"Host": "acme.bitrix24.test", "Origin": "http://evil.test"}
    rest = await browser.post("/rest/1/fakewebhookcode/profile", headers=headers)
    oauth = await browser.post("/oauth-server/oauth/token/", headers=headers)

    assert rest.json()["result"]["NAME"] == "Ada"
    assert oauth.json()["error"] != ""
    assert portal.requests == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/records/unicorn", 404),
        ("GET", "/records/deal/99", 404),
        ("POST", "/records/deal/99", 404),
        ("POST", "/records/deal/99/delete", 404),
        ("GET", "/records/deal/x", 404),
        ("GET", "/records/deal/1/delete", 405),
        ("DELETE", "/records/deal/1", 405),
    ],
)
async def test_what_is_not_there_is_said_on_a_page(
    method: str, path: str, status: int, browser: httpx.AsyncClient
) -> None:
    answer = await browser.request(method, path)

    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_portal_that_is_called_for_days_forgets_old_calls(
    portal: FakePortal, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_REQUESTS", 20)
    monkeypatch.setattr(page, "_KEPT", 10)
    for method in ["profile"] * 11 + ["methods"] * 9:
        await browser.get(f"/rest/1/fakewebhookcode/{method}")

    assert len(portal.calls("profile")) == 1
    assert len(portal.calls()) == 10
    assert portal.requests == 20


def test_elements_escape_their_text_and_attributes() -> None:
    made = tag("a", "<&>", tag("b", 1), None, [" ", Html("<i>")], href='"x"', for_="y", hidden=True)

    assert made == ('<a href="&quot;x&quot;" for="y" hidden>&lt;&amp;&gt;<b>1</b> <i></a>')
    assert tag("input", value="", disabled=False, list=None) == '<input value="">'
    assert document(tag("body", "x"), lang="en").startswith('<!DOCTYPE html><html lang="en">')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("https://app.test/events?x=1", True),
        ("ftp://app.test", False),
        ("app.test", False),
        ("http://", False),
        ("http://app.test:99999", False),
        ("http://[::1", False),
        ("http://a\nb", False),
        ("", False),
    ],
)
def test_addresses_of_apps_are_told_from_other_text(text: str, expected: bool) -> None:
    assert is_http_url(text) is expected
