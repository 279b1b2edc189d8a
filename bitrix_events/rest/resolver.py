"""Names to addresses, without those that lead into somebody's own network.

The name of a portal comes from outside. It is resolved once, its addresses are checked, and the
connection goes to one of them: a name that points elsewhere a moment later changes nothing.

Source: protocol.md 2.4.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import Final

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL: Final = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))


class PrivateAddress(OSError):
    """A name or an address leads into a private network."""


class GuardedResolver(AbstractResolver):
    """Resolves names to public addresses only.

    Args:
        allowed: hosts, ``host`` or ``host:port``, that may have any address.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses that may be connected to.

        Raises:
            PrivateAddress: there are only others.
            OSError: the name is unknown.
        """
        found = await self._resolver.resolve(host, port, family)
        usable = [
            result for result in found if may_reach(host, port, result["host"], self._allowed)
        ]
        if not usable:
            raise PrivateAddress(f"{host} leads to a private address")
        return usable

    async def close(self) -> None:
        await self._resolver.close()


def may_reach(host: str, port: int, address: str, allowed: Collection[str]) -> bool:
    """Whether a host may be reached at this address."""
    return host in allowed or f"{host}:{port}" in allowed or is_public(address)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet, and to nobody's own network or machine."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    elif any(ip in network for network in _SPECIAL):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_literal(host: str) -> bool:
    """Whether a host is an IP address and no name."""
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
