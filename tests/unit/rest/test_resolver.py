"""Which addresses a name from outside may lead to."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from aiohttp.abc import ResolveResult

from bitrix_events.errors import TransportError
from bitrix_events.rest.resolver import (
    GuardedResolver,
    PrivateAddress,
    is_literal,
    is_public,
    may_reach,
)
from bitrix_events.rest.transport import Transport
from bitrix_events.testing import FakePortal

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3
127.255.255.254 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.254 192.0.0.1 192.0.0.8
192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.254 198.18.0.1 198.19.255.254 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 100::1 2001:db8::1 2001::1 2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe:: fc00::1
fd00::1 fdff:ffff::1 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1 fd00:ec2::254
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.9.9.9 77.88.8.8 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1
192.167.255.255 192.169.0.1 223.255.255.254 2606:4700:4700::1111 2a02:6b8::feed:ff
::ffff:8.8.8.8 2002:808:808:: 64:ff9b::808:808
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_of_a_private_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4.5", "0x7f.1", "2130706433"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)
    assert not is_literal(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "[::1]", "fe80::1%eth0", "8.8.8.8"])
def test_addresses_are_told_from_names(text: str) -> None:
    assert is_literal(text)


class Names:
    """Answers as a name server does, one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(self, host: str, port: int, family: Any) -> list[ResolveResult]:
        addresses = self._answers.pop(0)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in addresses
        ]


def resolver(*answers: list[str], allowed: tuple[str, ...] = ()) -> GuardedResolver:
    guarded = GuardedResolver(allowed)
    guarded._resolver = Names(*answers)  # type: ignore[assignment]
    return guarded


async def test_a_name_is_resolved_to_its_public_addresses_only() -> None:
    found = await resolver(["10.0.0.1", "8.8.8.8", "127.0.0.1"]).resolve("acme.test", 443)

    assert [result["host"] for result in found] == ["8.8.8.8"]


async def test_a_name_that_turns_private_is_refused() -> None:
    names = resolver(["8.8.8.8"], ["127.0.0.66"])
    await names.resolve("acme.test", 443)

    with pytest.raises(PrivateAddress, match=r"acme\.test leads to a private address"):
        await names.resolve("acme.test", 443)


@pytest.mark.parametrize("allowed", ["box.lan", "box.lan:8443"])
async def test_an_allowed_host_may_be_private(allowed: str) -> None:
    found = await resolver(["192.168.0.7"], allowed=(allowed,)).resolve("box.lan", 8443)

    assert [result["host"] for result in found] == ["192.168.0.7"]


def test_a_port_is_allowed_by_itself() -> None:
    assert not may_reach("box.lan", 9000, "192.168.0.7", {"box.lan:8443"})


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/rest/",
        "https://127.0.0.1:8443/rest/",
        "http://[::1]/rest/",
        "https://[::ffff:169.254.169.254]/rest/",
        "http://169.254.169.254/latest/meta-data/",
        "https://localhost/rest/",
        "http://2130706433/rest/",
    ],
)
async def test_nothing_is_sent_to_a_private_address(url: str) -> None:
    transport = Transport(private_hosts=["box.lan"])

    with pytest.raises(
        TransportError, match=r"private address|cannot be resolved|malformed"
    ) as caught:
        await transport.post_json(url, b"{}")

    assert not caught.value.sent
    await transport.close()


@pytest.mark.parametrize("private_hosts", [None, "host:port", "host"])
async def test_a_private_address_is_reached_where_that_is_allowed(
    private_hosts: str | None,
) -> None:
    async with FakePortal().serve() as portal:
        allowed = {
            None: None,
            "host:port": [portal.domain],
            "host": [portal.domain.partition(":")[0]],
        }[private_hosts]
        transport = Transport(private_hosts=allowed)

        answer = await transport.post_json(f"{portal.webhook_url}profile", b"{}")

        assert answer.status == 200
        await transport.close()


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "127.1", "017700000001"])
async def test_odd_spellings_of_loopback_are_refused(spelling: str) -> None:
    with pytest.raises(OSError, match=r"leads to a private address|Name or service not known"):
        await GuardedResolver(()).resolve(spelling, 443)
