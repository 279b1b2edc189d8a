"""Which addresses count as a portal, and which REST roots may be called."""

from __future__ import annotations

import pytest

from bitrix_events.portals.address import usable_endpoint
from bitrix_events.rest.access import is_cloud_portal


@pytest.mark.parametrize(
    "domain",
    ["acme.bitrix24.com", "b24-x1y2z3.bitrix24.ru", "acme.bitrix24.com.br", "a.bitrix24.com.tr"],
)
def test_a_label_before_a_zone_is_a_portal(domain: str) -> None:
    assert is_cloud_portal(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "bitrix24.com",
        ".bitrix24.com",
        "www.bitrix24.com",
        "acme.bitrix24.com:8443",
        "acme.bitrix24.com.evil.test",
        "acme.bitrix24.evil",
        "acme-bitrix24.com",
        "a.b.bitrix24.com",
        "acme.bitrix24.site",
        "acme.bitrix24.shop",
        "acme.bitrix24.net",
        "oauth.bitrix24.tech",
        "oauth.bitrix.info",
        "127.0.0.1",
        "acme.example.com",
    ],
)
def test_anything_else_is_no_portal(domain: str) -> None:
    assert not is_cloud_portal(domain)


@pytest.mark.parametrize(
    ("endpoint", "usable"),
    [
        ("https://acme.bitrix24.com/rest/", "https://acme.bitrix24.com/rest/"),
        ("https://acme.bitrix24.com/rest", "https://acme.bitrix24.com/rest/"),
        ("https://box.example.com:8443/b24/rest/", "https://box.example.com:8443/b24/rest/"),
    ],
)
def test_a_root_reached_by_https_is_usable_and_ends_in_a_slash(endpoint: str, usable: str) -> None:
    assert usable_endpoint(endpoint, ()) == usable


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://acme.bitrix24.com/",
        "https://acme.bitrix24.com/api/",
        "acme.bitrix24.com/rest/",
        "ftp://acme.bitrix24.com/rest/",
        "https:///rest/",
        "https://user@acme.bitrix24.com/rest/",
        "https://acme.bitrix24.com\\@evil.test/rest/",
        "https://acme.bitrix24.com/rest/?x=1",
        "https://acme.bitrix24.com/rest/#x",
        "https://acme .bitrix24.com/rest/",
        "https://[::1]/rest/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_no_plain_root_is_not_usable(endpoint: str) -> None:
    assert usable_endpoint(endpoint, ("acme.bitrix24.com", "")) == ""


def test_plain_http_is_not_usable() -> None:
    assert usable_endpoint("http://box.lan/rest/", ()) == ""


def test_plain_http_is_usable_for_a_host_that_is_allowed() -> None:
    assert usable_endpoint("HTTP://Box.lan:8080/rest/", ["box.lan:8080"]) == (
        "HTTP://Box.lan:8080/rest/"
    )


def test_a_host_that_is_allowed_is_so_on_every_port_unless_one_is_named() -> None:
    assert usable_endpoint("http://box.lan:9999/rest/", {"box.lan"})
    assert not usable_endpoint("http://box.lan:9999/rest/", {"box.lan:8080"})
