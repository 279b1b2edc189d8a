"""HTTP as others use it: a POST and its answer. What carries them is in `carrier`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from bitrix_events.rest.options import DEFAULT_OPTIONS, Timeouts
from bitrix_events.wire.form import FORM_TYPE, encode_form

if TYPE_CHECKING:
    import httpx

    from bitrix_events.rest.carrier import Carrier

HttpTransport: TypeAlias = "httpx.AsyncBaseTransport"
"""What sends the bytes; replaceable, for tests that reach a fake portal without a socket."""

_CARRIER: Final = "bitrix_events.rest.carrier"

# They log the addresses they call, and the address of an incoming webhook is a password.
for _name in ("httpx", "httpcore", "aiohttp.client"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status.

    Attributes:
        body: unpacked.
        location: where a redirect points to, absolute; ``""`` if it is none.
        headers: by lower-cased name; several of one name are joined by a comma.
    """

    status: int
    body: bytes = field(repr=False)
    location: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Transport:
    """Sends requests. Belongs to the event loop that uses it first.

    Args:
        transport: what carries them instead of a pool of connections; it is closed with this one.
        private_hosts: hosts, ``host`` or ``host:port``, that may have an address of a private
            network; by default all may. To be given where names come from outside.
    """

    _module: ClassVar[Any] = None

    def __init__(
        self,
        transport: HttpTransport | None = None,
        *,
        private_hosts: Collection[str] | None = None,
    ) -> None:
        self._transport = transport
        self._private_hosts = private_hosts
        self._carrier: Carrier | None = None
        self._closed = False

    async def post_json(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts = DEFAULT_OPTIONS.timeouts,
    ) -> Answer:
        """POST a JSON document. Errors as `post`."""
        return await self.post(url, content, "application/json", headers=headers, timeouts=timeouts)

    async def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts = DEFAULT_OPTIONS.timeouts,
    ) -> Answer:
        """POST a flat form. Errors as `post`."""
        return await self.post(
            url, encode_form(fields), FORM_TYPE, headers=headers, timeouts=timeouts
        )

    async def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts = DEFAULT_OPTIONS.timeouts,
    ) -> Answer:
        """POST a body as it is.

        Args:
            headers: further ones; they replace those of the same name.

        Raises:
            TransportError: no complete answer; ``sent`` tells whether the request may have arrived.
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("the transport is closed")
        carrier = self._carrier or await self._open()
        return await carrier.post(url, body, content_type, headers, timeouts)

    async def prepare(self) -> None:
        """Import what carries requests, aside of the event loop: it takes a quarter of a second,
        during which no request may count as sent.

        In a thread of its own: those of the loop may all be waiting for this very request.
        """
        if Transport._module is None:  # in sys.modules it is before all of its names are there
            with ThreadPoolExecutor(1) as importer:
                loop = asyncio.get_running_loop()
                Transport._module = await loop.run_in_executor(importer, import_module, _CARRIER)

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        if self._carrier is not None:
            await self._carrier.close()
        elif self._transport is not None:
            await self._transport.aclose()

    async def _open(self) -> Carrier:
        await self.prepare()
        if self._closed:
            raise RuntimeError("the transport is closed")
        if self._carrier is None:
            self._carrier = Transport._module.Carrier(self._transport, self._private_hosts)
        return self._carrier
