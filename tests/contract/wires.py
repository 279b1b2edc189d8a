"""A wire to a database that breaks at a chosen moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

_COMMIT = b"COMMIT\0"


class Break(StrEnum):
    """What becomes of the next commit that somebody sends."""

    ANSWER_LOST = "it is committed, and the answer is lost"
    NOT_SENT = "it never arrives"
    HANGS = "it never arrives, and the wire stays up"


class Wire:
    """Passes on what a client and a server send each other.

    Attributes:
        url: where clients find it.
        broken: how many commits were hit.
        is_cut: nobody gets through any more, while this is set.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._parts = parts
        self._plan: list[Break] = []
        self._then_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self.url = ""
        self.broken = 0
        self.is_cut = False

    def breaks(self, *how: Break, then_cut: bool = False) -> None:
        """Do this to the next commits.

        Args:
            then_cut: let nobody through after that.
        """
        self._plan += how
        self._then_cut = then_cut

    def cut(self) -> None:
        """Break all connections, and let none through."""
        self.is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        if self.is_cut:
            writer.transport.abort()
            return
        answers, there = await asyncio.open_connection(*self._target)
        ends = {writer, there}
        self._ends |= ends
        back = asyncio.create_task(_pass_on(answers, writer))
        try:
            while data := await reader.read(2**16):
                if _COMMIT in data and self._plan:
                    back.cancel()
                    await asyncio.wait([back])
                    await self._break(data, reader, answers, there)
                    return
                there.write(data)
        except ConnectionError:
            pass  # one of them has gone
        finally:
            back.cancel()
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _break(
        self,
        data: bytes,
        reader: asyncio.StreamReader,
        answers: asyncio.StreamReader,
        there: asyncio.StreamWriter,
    ) -> None:
        self.broken += 1
        how = self._plan.pop(0)
        if how is Break.HANGS:
            await reader.read()  # until the client gives up
        elif how is Break.ANSWER_LOST:
            there.write(data)
            there.write_eof()
            await answers.read()  # until the server has done what it was told
        if self._then_cut:
            self.cut()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
    writer.transport.abort()


@asynccontextmanager
async def wired(target: str) -> AsyncIterator[Wire]:
    """A wire to a database."""
    wire = Wire(target)
    async with await asyncio.start_server(wire.take, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        user = wire._parts.username
        wire.url = urlunsplit(wire._parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        try:
            yield wire
        finally:
            wire.cut()
