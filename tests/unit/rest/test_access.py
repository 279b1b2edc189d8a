"""Addresses that open a portal, and what they show of themselves."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bitrix_events.errors import PortalMoved, SettingsError, TokenExpired
from bitrix_events.rest.access import Authorization, DirectAccess, is_cloud_portal

CODE = "s3cr3tc0de"


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        (f"https://acme.bitrix24.com/rest/1/{CODE}/", f"https://acme.bitrix24.com/rest/1/{CODE}/"),
        (f"https://acme.bitrix24.com/rest/1/{CODE}", f"https://acme.bitrix24.com/rest/1/{CODE}/"),
        (
            f" https://acme.bitrix24.com/rest/1/{CODE}/\n",
            f"https://acme.bitrix24.com/rest/1/{CODE}/",
        ),
        (
            f"https://acme.bitrix24.com/rest/api/1/{CODE}/",
            f"https://acme.bitrix24.com/rest/1/{CODE}/",
        ),
        (f"http://box.local:8080/sub/rest/7/{CODE}/", f"http://box.local:8080/sub/rest/7/{CODE}/"),
    ],
)
async def test_the_address_of_a_webhook_opens_a_portal(url: str, base_url: str) -> None:
    authorization = await DirectAccess(url).authorize()

    assert (authorization.base_url, authorization.token) == (base_url, None)
    assert authorization.secrets == (CODE,)


@pytest.mark.parametrize("token", ["t0kent0ken", SecretStr("t0kent0ken")])
@pytest.mark.parametrize("end", ["", "/", "/api", "/api/"])
async def test_a_token_opens_a_portal_at_its_rest_root(token: str | SecretStr, end: str) -> None:
    authorization = await DirectAccess(f"https://acme.bitrix24.com/rest{end}", token).authorize()

    assert authorization.base_url == "https://acme.bitrix24.com/rest/"
    assert authorization.domain == "acme.bitrix24.com"
    assert authorization.secrets == ("t0kent0ken",)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.bitrix24.com",
        f"https://acme.bitrix24.com/rest/1/{CODE}/profile.json",
        f"https://acme.bitrix24.com/rest/1/{CODE}/?a=1",
        f"https://acme.bitrix24.com/rest/x/{CODE}/",
        f"https://user:pass@acme.bitrix24.com/rest/1/{CODE}/",
        f"ftp://acme.bitrix24.com/rest/1/{CODE}/",
        "https://acme.bitrix24.com/rest/",
        f"https://acme.bitrix24.com/rest/1/{CODE}/\nx",
    ],
)
def test_any_other_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        DirectAccess(url)

    assert CODE not in str(caught.value)


@pytest.mark.parametrize("url", ["", f"https://acme.bitrix24.com/rest/1/{CODE}/", "https://acme/x"])
def test_with_a_token_the_address_must_be_the_rest_root(url: str) -> None:
    with pytest.raises(SettingsError):
        DirectAccess(url, "t0kent0ken")


@pytest.mark.parametrize(
    ("base_url", "v3_url"),
    [
        ("https://acme.bitrix24.com/rest/", "https://acme.bitrix24.com/rest/api/"),
        ("https://acme.bitrix24.com/rest/api/", "https://acme.bitrix24.com/rest/api/"),
        (
            f"https://acme.bitrix24.com/rest/1/{CODE}/",
            f"https://acme.bitrix24.com/rest/api/1/{CODE}/",
        ),
        ("https://box/sub/rest/1/rest/", "https://box/sub/rest/api/1/rest/"),
    ],
)
def test_rest_3_is_below_the_same_root(base_url: str, v3_url: str) -> None:
    assert Authorization(base_url, None, "acme").v3_url == v3_url


async def test_an_authorization_hides_what_opens_the_portal() -> None:
    by_webhook = await DirectAccess(f"https://acme.bitrix24.com/rest/1/{CODE}/").authorize()
    by_token = await DirectAccess("https://acme.bitrix24.com/rest/", "t0kent0ken").authorize()

    shown = f"{by_webhook!r} {by_token!r} {by_webhook} {by_token}"

    assert CODE not in shown
    assert "t0kent0ken" not in shown


async def test_nobody_renews_a_token_that_the_caller_holds() -> None:
    access = DirectAccess("https://acme.bitrix24.com/rest/", "t0kent0ken")

    with pytest.raises(TokenExpired):
        await access.renew(await access.authorize())


# Portals that move.


async def test_a_webhook_follows_to_another_address_in_the_cloud() -> None:
    access = DirectAccess(f"https://acme.bitrix24.com/rest/1/{CODE}/")
    before = await access.authorize()

    moved = await access.relocate(before, "https://new.bitrix24.de/rest/1/whatever/profile")

    assert moved.base_url == f"https://new.bitrix24.de/rest/1/{CODE}/"
    assert moved.domain == "new.bitrix24.de"
    assert await access.authorize() == moved
    assert await access.relocate(before, "https://evil.test/") == moved  # somebody else followed


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://new.bitrix24.de/rest/",
        "https://evil.test/rest/",
        "https://new.bitrix24.de.evil.test/rest/",
        "https://evil.test/new.bitrix24.de/",
        "https://www.bitrix24.de/",
        "https://bitrix24.de/",
        "https://new.bitrix24.de@evil.test/",
        "https://acme.bitrix24.com/login/",
    ],
)
async def test_a_webhook_does_not_follow_anywhere_else(location: str) -> None:
    access = DirectAccess(f"https://acme.bitrix24.com/rest/1/{CODE}/")
    before = await access.authorize()

    with pytest.raises(PortalMoved) as caught:
        await access.relocate(before, location)

    assert CODE not in str(caught.value)
    assert await access.authorize() == before


async def test_a_token_is_not_sent_to_another_address() -> None:
    access = DirectAccess("https://acme.bitrix24.com/rest/", "t0kent0ken")

    with pytest.raises(PortalMoved):
        await access.relocate(await access.authorize(), "https://new.bitrix24.de/rest/")


@pytest.mark.parametrize(
    ("domain", "is_portal"),
    [
        ("acme.bitrix24.com", True),
        ("acme.bitrix24.com.br", True),
        ("acme.bitrix24.ru", True),
        ("bitrix24.com", False),
        ("www.bitrix24.com", False),
        ("a.b.bitrix24.com", False),
        ("acme.bitrix24.xyz", False),
        ("acme.bitrix24.com.evil.test", False),
        ("", False),
    ],
)
def test_portals_of_the_cloud_are_known_by_their_address(domain: str, is_portal: bool) -> None:
    assert is_cloud_portal(domain) is is_portal


@pytest.mark.parametrize(
    "root", ["https://portal.corp.example/", "http://acme.bitrix24.com/", "http://box.local:8080/"]
)
async def test_the_password_of_a_webhook_does_not_follow_from_elsewhere_to_the_cloud(
    root: str,
) -> None:
    access = DirectAccess(f"{root}rest/1/{CODE}/")
    before = await access.authorize()

    with pytest.raises(PortalMoved):
        await access.relocate(before, "https://evil.bitrix24.com/")

    assert await access.authorize() == before
